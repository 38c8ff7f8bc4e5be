/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * One TCP stack under a clock of its own, IP packets in and out, and sockets on top. Everything is done under one lock,
 * for packetdrill makes blocking calls in a second thread.
 */
#ifndef HANDFAST_PACKETDRILL_WORLD_H
#define HANDFAST_PACKETDRILL_WORLD_H

#include "tcp_stack.h"

#include <pthread.h>
#include <sys/queue.h>

#define WORLD_MAX_SOCKETS 256
/** Descriptors count from here, so that none is one of the process's own. */
#define WORLD_FIRST_FD 1000

struct world_socket {
	bool in_use, is_v6, nonblocking, listening, connected, eof, over, linger_reset;
	struct ip_address local_ip; /* zero: any */
	uint16_t local_port;        /* 0: none yet */
	int error;                  /* what SO_ERROR says */
	struct tcp_conn *conn;
	struct world_socket *listener; /* a connection that waits for accept() */
};

struct world_packet {
	STAILQ_ENTRY(world_packet) link;
	uint64_t sent_us;
	size_t len;
	uint8_t octets[];
};

struct world {
	pthread_mutex_t lock;
	pthread_cond_t changed, settled;
	unsigned waiting, unsettled; /* calls that block; those that have not looked again since something changed */
	uint64_t now_us;
	struct tcp_stack *tcp;
	struct tcp_stack_settings settings;
	struct stats stats;
	struct ip_address local_ip; /* of connections opened without bind() */
	STAILQ_HEAD(, world_packet) sent;
	struct world_socket sockets[WORLD_MAX_SOCKETS];
};

/** @return a world, or NULL if memory is out. */
struct world *world_create(const struct ip_address *local_ip);
void world_destroy(struct world *world);

/** Take the lock. @return userdata as what it is. */
struct world *world_enter(void *userdata);
/** Let the stack send what the call has caused, and give the lock back. @return result; errno stays. */
long world_leave(struct world *world, long result);

/** Raise, serve and send whatever there is to be. */
void world_run(struct world *world);

/** Let time pass; timers run when they are due. */
void world_advance(struct world *world, uint64_t to_us);

/** Block until something has changed. */
void world_wait(struct world *world);

/** An IP packet arrives. What is no sound TCP segment, nor "packet too big", is dropped. */
void world_packet_arrives(struct world *world, const void *packet, size_t len);

/** @return the next packet sent, if need be by letting time pass; the caller frees it. NULL: none in four hours. */
struct world_packet *world_next_packet(struct world *world);

/** @return a free socket, or NULL. */
struct world_socket *world_new_socket(struct world *world, bool is_v6);

#endif
