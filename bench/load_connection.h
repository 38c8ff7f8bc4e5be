/* SPDX-License-Identifier: BSD-3-Clause */
/** One connection of the load, from its start to its end; it reports to the engine's result. */
#ifndef HANDFAST_LOAD_CONNECTION_H
#define HANDFAST_LOAD_CONNECTION_H

#include "load_engine_state.h"

/** Start on a free slot. @param intended_ns  when it was due; every duration that begins with it counts from there. */
void load_connection_start(struct load_engine *engine, uint64_t intended_ns, bool is_measured);

/** One has waited too long in its state: it fails, or ends well if it only waited for a ticket. */
void load_connection_time_out(struct load_engine *engine, struct load_connection *connection);

/** The run is over, whatever it waits for: an error if it has not had what it was started for. */
void load_connection_end(struct load_engine *engine, struct load_connection *connection);

/** The events of load_transport.h; the context is the engine. */
struct load_transport_events load_connection_events(struct load_engine *engine);

#endif
