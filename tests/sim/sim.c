/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Deterministic simulation: two of our stacks, or one and an adversary, over a network that loses, duplicates,
 * reorders, corrupts, delays and cuts, under applications that read, write, close and reset at random. Everything
 * follows from the seed. `sim FIRST COUNT` runs seeds; a failing one is run again with its packets printed and written
 * to sim-SEED.pcap.
 */
#include "sim_adversary.h"
#include "sim_trace.h"
#include "tcp_net.h"
#include "tcp_types.h"

#include <inttypes.h>
#include <time.h>

#define MAX_FLOWS   4
#define SERVER_PORT 443
/* Virtual time after which a world that is not at rest is a livelock: more than the longest backoff of all retries. */
#define LIMIT_US  (UINT64_C(4) * 3600 * 1000000)
#define MAX_STEPS 4000000

/* One side of one connection, as an application. */
struct app {
	struct tcp_conn *conn;
	unsigned side, flow;
	uint64_t random;
	uint32_t to_send, sent, received;
	uint32_t abort_after; /* received + sent bytes after which it resets; UINT32_MAX: never */
	uint64_t wake_us;
	bool started, closed, eof, over;
	bool reads_slowly;
	enum tcp_conn_close_reason reason;
};

struct world {
	uint64_t seed, random;
	struct tcp_net net;
	struct tcp_stack *stack[2];
	struct stats stats[2];
	uint64_t inputs[2];
	struct app app[2][MAX_FLOWS];
	struct sim_adversary adversaries[MAX_FLOWS]; /* instead of side 0, where adversary is set */
	unsigned n_flows;
	bool starve_emit, adversary;
	bool no_sack, no_timestamps, no_scale; /* stripped from every SYN: a peer, or a middlebox, without them */
	uint64_t steps, early_fins;
	const char *failure;
};

static void fail(struct world *world, const char *what)
{
	if (world->failure == NULL)
		world->failure = what;
}

/* The octet at an offset of a stream: every position of every stream is different enough to notice a shift. */
static uint8_t octet_of(uint64_t seed, unsigned side, unsigned flow, uint32_t offset)
{
	uint64_t x = seed * 31 + side * 7 + flow * 3 + offset / 8;
	return (uint8_t)(tcp_net_random(&x) >> (offset % 8 * 8));
}

struct emit_context {
	struct world *world;
	unsigned side;
};

static bool emit(
	void *context, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	struct emit_context *from = context;
	struct world *world = from->world;
	if (world->starve_emit && tcp_net_chance(&world->random, 20000))
		return false;
	struct tcp_segment copy = *segment;
	if ((segment->flags & TCP_SYN) != 0) {
		copy.options.sack_permitted &= !world->no_sack;
		copy.options.has_timestamps &= !world->no_timestamps;
		copy.options.has_window_scale &= !world->no_scale;
	}
	tcp_net_emit(&world->net, 1 - from->side, key, conn, &copy);
	return true;
}

static bool listens(void *context, const struct flow_key *key)
{
	const struct emit_context *at = context;
	return at->side == 1 && key->local_port == SERVER_PORT;
}

static struct flow_key client_key(const struct world *world, unsigned flow)
{
	static const uint8_t client_ip[4] = {192, 0, 2, 1}, server_ip[4] = {198, 51, 100, 1};
	struct flow_key key = {
		.local_ip = ip_address_from_v4(client_ip),
		.remote_ip = ip_address_from_v4(server_ip),
		.local_port = (uint16_t)(40000 + flow + world->seed % 1000),
		.remote_port = SERVER_PORT,
	};
	return key;
}

static struct app *app_of(struct world *world, unsigned side, const struct tcp_conn *conn)
{
	const struct flow_key *key = tcp_conn_key(conn);
	uint16_t port = side == 0 ? key->local_port : key->remote_port;
	unsigned flow = (unsigned)(port - 40000u - (unsigned)(world->seed % 1000));
	return flow < world->n_flows ? &world->app[side][flow] : NULL;
}

static void app_release(struct app *app)
{
	tcp_conn_release(app->conn);
	app->conn = NULL;
	app->over = true;
}

static void app_write(struct world *world, struct app *app)
{
	uint8_t chunk[4096];
	while (app->sent < app->to_send) {
		uint32_t len = 1 + tcp_net_below(&app->random, sizeof(chunk));
		if (len > app->to_send - app->sent)
			len = app->to_send - app->sent;
		for (uint32_t i = 0; i < len; i++)
			chunk[i] = octet_of(world->seed, app->side, app->flow, app->sent + i);
		uint32_t taken = tcp_conn_send(app->conn, (struct bytes){chunk, len});
		app->sent += taken;
		if (taken < len)
			return;
		if (tcp_net_below(&app->random, 4) == 0) {
			app->wake_us = world->net.now_us + tcp_net_below(&app->random, 50000);
			/* Long enough for another look at a path that has lost large packets. */
			if (world->net.faults.mtu_bytes != 0 && tcp_net_below(&app->random, 16) == 0)
				app->wake_us += 61000000;
			return;
		}
	}
}

static void app_read(struct world *world, struct app *app)
{
	uint32_t budget = app->reads_slowly ? tcp_net_below(&app->random, 3000) : UINT32_MAX;
	while (budget > 0) {
		struct bytes view = tcp_conn_peek(app->conn, 0);
		if (view.len == 0)
			break;
		uint32_t len = view.len < budget ? (uint32_t)view.len : budget;
		for (uint32_t i = 0; i < len; i++) {
			if (!world->adversary &&
				view.data[i] != octet_of(world->seed, 1 - app->side, app->flow, app->received + i))
				fail(world, "wrong octet delivered");
		}
		tcp_conn_consume(app->conn, len);
		app->received += len;
		budget -= len;
	}
	if (tcp_conn_readable_bytes(app->conn) > 0 && app->wake_us > world->net.now_us + 30000)
		app->wake_us = world->net.now_us + tcp_net_below(&app->random, 30000);
}

static void app_run(struct world *world, struct app *app)
{
	const struct app *peer = &world->app[1 - app->side][app->flow];
	app->wake_us = UINT64_MAX;
	app_read(world, app);
	if (!world->adversary && app->received > peer->sent)
		fail(world, "more delivered than was sent");
	if (app->sent + app->received >= app->abort_after) {
		tcp_conn_abort(app->conn);
		app->reason = TCP_CLOSE_ABORTED;
		app_release(app);
		return;
	}
	if (!app->closed)
		app_write(world, app);
	bool all_sent = app->sent == app->to_send;
	if (all_sent && !app->closed) {
		tcp_conn_close(app->conn);
		app->closed = true;
	}
}

static void app_event(struct world *world, struct app *app, uint32_t events)
{
	const struct app *peer = &world->app[1 - app->side][app->flow];
	if ((events & (TCP_EVENT_ACCEPTED | TCP_EVENT_CONNECTED)) != 0)
		app->started = true;
	if ((events & TCP_EVENT_EOF) != 0)
		app->eof = true;
	if ((events & TCP_EVENT_CLOSED) != 0) {
		app->reads_slowly = false;
		app->reason = tcp_conn_close_reason(app->conn);
		app_read(world, app);
		if (!world->adversary && app->reason == TCP_CLOSE_NORMAL && app->received != peer->sent)
			fail(world, "closed in order but bytes are missing");
		app_release(app);
		return;
	}
	if (app->started)
		app_run(world, app);
}

static void serve(struct world *world, unsigned side)
{
	struct tcp_conn *conn;
	while ((conn = tcp_stack_next_event(world->stack[side])) != NULL) {
		uint32_t events = tcp_conn_take_events(conn);
		struct app *app = app_of(world, side, conn);
		if (world->adversary && app != NULL && (events & TCP_EVENT_ACCEPTED) != 0 && app->conn == NULL) {
			*app = (struct app){.side = side,
				.flow = app->flow,
				.random = app->random,
				.to_send = app->to_send,
				.abort_after = app->abort_after,
				.reads_slowly = app->random % 4 == 0,
				.wake_us = UINT64_MAX};
		}
		if (app == NULL || (app->conn != conn && app->conn != NULL) || app->over) {
			tcp_conn_abort(conn);
			tcp_conn_release(conn);
			continue;
		}
		app->conn = conn;
		app_event(world, app, events);
	}
	for (unsigned i = 0; i < world->n_flows; i++) {
		struct app *app = &world->app[side][i];
		if (app->conn != NULL && app->started && app->wake_us <= world->net.now_us)
			app_run(world, app);
	}
	tcp_stack_output(world->stack[side], world->net.now_us);
}

/* A FIN that arrives before octets in front of it. */
static void note_early_fin(struct world *world, const struct tcp_net_packet *packet, const struct tcp_segment *segment)
{
	for (unsigned i = 0; !world->adversary && i < world->n_flows && (segment->flags & TCP_FIN) != 0; i++) {
		const struct tcp_conn *conn = world->app[packet->to][i].conn;
		uint16_t port = packet->to == 0 ? packet->key.local_port : packet->key.remote_port;
		if (conn != NULL && port == client_key(world, i).local_port &&
			tcp_seq_gt(segment->seq + (uint32_t)segment->payload.len, conn->rcv_nxt))
			world->early_fins++;
	}
}

static void receive(struct world *world)
{
	while (tcp_net_next_us(&world->net) <= world->net.now_us) {
		struct tcp_net_packet packet = tcp_net_pop(&world->net);
		struct tcp_segment segment;
		bool sound = tcp_net_parse(&world->net, &packet, &segment);
		if (sound && world->adversary && packet.to == 0) {
			for (unsigned i = 0; i < world->n_flows; i++) {
				if (world->adversaries[i].key.local_port == packet.key.local_port)
					sim_adversary_receive(&world->adversaries[i], &world->net, &segment);
			}
		} else if (sound) {
			world->inputs[packet.to]++;
			note_early_fin(world, &packet, &segment);
			tcp_stack_input(world->stack[packet.to], &packet.key, &segment, world->net.now_us);
		}
		free(packet.octets);
	}
}

static void run_adversaries(struct world *world)
{
	if (!world->adversary)
		return;
	for (unsigned i = 0; i < world->n_flows; i++)
		sim_adversary_run(&world->adversaries[i], &world->net);
}

static uint64_t next_time(const struct world *world)
{
	uint64_t next = tcp_net_next_us(&world->net);
	for (unsigned side = 0; side < 2; side++) {
		uint64_t timer = tcp_stack_next_timer_us(world->stack[side]);
		next = timer < next ? timer : next;
		for (unsigned i = 0; i < world->n_flows; i++) {
			if (world->adversary && world->adversaries[i].wake_us < next)
				next = world->adversaries[i].wake_us;
			const struct app *app = &world->app[side][i];
			if (app->conn != NULL && app->started && app->wake_us < next)
				next = app->wake_us;
		}
	}
	return next;
}

/* --- a world from a seed
 * ------------------------------------------------------------------------------------------------ */

static uint32_t pick(uint64_t *random, const uint32_t *choices, uint32_t n)
{
	return choices[tcp_net_below(random, n)];
}
#define PICK(random, ...)                                                                                              \
	pick(random, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void choose_faults(struct world *world)
{
	uint64_t *random = &world->random;
	struct tcp_net_faults *faults = &world->net.faults;
	faults->loss = PICK(random, 0, 0, 1000, 10000, 50000, 200000);
	faults->duplicate = PICK(random, 0, 0, 5000, 50000);
	faults->reorder = PICK(random, 0, 0, 10000, 100000);
	faults->reorder_us = PICK(random, 100, 2000, 50000);
	faults->corrupt = PICK(random, 0, 0, 5000, 30000);
	faults->delay_us = PICK(random, 10, 500, 20000, 100000);
	faults->jitter_us = PICK(random, 0, 0, 100, 20000);
	faults->bytes_per_ms = PICK(random, 0, 0, 100, 2000, 12500);
	faults->queue_us = PICK(random, 5000, 50000, 500000);
	faults->mtu_bytes = PICK(random, 0, 0, 0, 0, 0, 0, 0, 0, 576, 700, 1280, 1400);
	faults->mtu_until_us = PICK(random, 0, 30000000);
	if (tcp_net_below(random, 10) == 0) {
		faults->cut_from_us = 1000000 + tcp_net_below(random, 1000000);
		faults->cut_to_us = faults->cut_from_us + PICK(random, 100000, 5000000, 3600000000u);
	}
}

static void choose_settings(struct world *world, struct tcp_stack_settings *settings)
{
	uint64_t *random = &world->random;
	tcp_stack_settings_default(settings);
	settings->max_connections = 64;
	settings->receive_buffer_bytes = PICK(random, 2000, 16384, 65535, 131072, 1048576);
	settings->send_buffer_bytes = PICK(random, 1000, 16384, 131072, 1048576);
	settings->buffer_memory_bytes = PICK(random, 32 * 2048, 4 << 20, 64 << 20);
	settings->mss_v4 = (uint16_t)PICK(random, 88, 536, 1460, 1460, 8940);
	settings->time_wait_us = PICK(random, 1000000, 10000000);
	/* Without keepalive a side whose peer's RST is lost waits for ever, rightly. */
	settings->keepalive_idle_us = PICK(random, 5000000, 60000000);
	settings->keepalive_interval_us = 1000000;
	settings->train_segments = (uint16_t)PICK(random, 1, 2, 44);
}

static void choose_app(struct world *world, unsigned side, unsigned flow)
{
	uint64_t *random = &world->random;
	struct app *app = &world->app[side][flow];
	*app = (struct app){.side = side, .flow = flow, .wake_us = UINT64_MAX, .abort_after = UINT32_MAX};
	app->random = tcp_net_random(random);
	app->to_send = tcp_net_below(random, PICK(random, 1, 300, 5000, 100000, 400000));
	/* At a fifth lost each way, backoff takes hours for what else takes seconds. */
	if (world->net.faults.loss >= 200000)
		app->to_send /= 20;
	app->reads_slowly = tcp_net_below(random, 4) == 0;
	if (tcp_net_below(random, 12) == 0)
		app->abort_after = tcp_net_below(random, 100000);
}

static void create(struct world *world, uint64_t seed, struct emit_context contexts[2])
{
	memset(world, 0, sizeof(*world));
	world->seed = seed;
	world->random = seed;
	world->net.random = tcp_net_random(&world->random);
	world->net.now_us = 1000000 + tcp_net_below(&world->random, 1000000000);
	choose_faults(world);
	if (world->net.faults.mtu_until_us != 0)
		world->net.faults.mtu_until_us += world->net.now_us;
	if (world->net.faults.cut_to_us != 0) {
		world->net.faults.cut_from_us += world->net.now_us;
		world->net.faults.cut_to_us += world->net.now_us;
	}
	world->adversary = tcp_net_below(&world->random, 5) == 0;
	world->no_sack = tcp_net_below(&world->random, 4) == 0;
	world->no_timestamps = tcp_net_below(&world->random, 4) == 0;
	world->no_scale = tcp_net_below(&world->random, 8) == 0;
	world->starve_emit = tcp_net_below(&world->random, 8) == 0;
	for (unsigned side = 0; side < 2; side++) {
		struct tcp_stack_settings settings;
		choose_settings(world, &settings);
		uint8_t key[32];
		for (unsigned i = 0; i < sizeof(key); i++)
			key[i] = (uint8_t)tcp_net_random(&world->random);
		contexts[side] = (struct emit_context){world, side};
		struct tcp_stack_callbacks callbacks = {&contexts[side], emit, listens};
		world->stack[side] =
			tcp_stack_create(&settings, &callbacks, key, &world->stats[side], world->net.now_us);
	}
	world->n_flows = 1 + tcp_net_below(&world->random, MAX_FLOWS);
	for (unsigned flow = 0; flow < world->n_flows; flow++) {
		choose_app(world, 0, flow);
		choose_app(world, 1, flow);
		struct flow_key key = client_key(world, flow);
		if (world->adversary) {
			sim_adversary_init(
				&world->adversaries[flow], &key, tcp_net_random(&world->random), world->net.now_us);
			continue;
		}
		world->app[0][flow].conn = tcp_stack_connect(world->stack[0], &key, world->net.now_us);
		tcp_conn_set_user(world->app[0][flow].conn, world);
	}
}

static uint64_t drops(const struct stats *stats)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < DROP_REASONS; i++)
		sum += stats_get_drop_mt(stats, (enum drop_reason)i);
	return sum;
}

static bool may_time_out(const struct world *world)
{
	return world->net.faults.loss >= 200000 || world->net.faults.cut_to_us != 0;
}

static void check_rest(struct world *world)
{
	for (unsigned side = 0; side < 2; side++) {
		const struct stats *stats = &world->stats[side];
		if (stats_get_mt(stats, STAT_TCP_CONNECTIONS_NOW) != 0)
			fail(world, "connections leaked");
		if (stats_get_mt(stats, STAT_TCP_BLOCKS_NOW) != 0)
			fail(world, "blocks leaked");
		if (stats_get_mt(stats, STAT_RX_DELIVERED_PKTS) + drops(stats) != world->inputs[side])
			fail(world, "received is not delivered + dropped");
	}
	for (unsigned flow = 0; flow < world->n_flows && !world->adversary; flow++) {
		const struct app *a = &world->app[0][flow], *b = &world->app[1][flow];
		bool aborted = a->abort_after != UINT32_MAX || b->abort_after != UINT32_MAX;
		if (a->conn != NULL || b->conn != NULL)
			fail(world, "an application still waits");
		/* All arrived, and one side has seen the end; the other's last FIN may find TIME-WAIT over (RFC
		 * 9293 3.6). */
		bool complete = a->received == b->to_send && b->received == a->to_send && (a->eof || b->eof);
		bool normal = a->reason == TCP_CLOSE_NORMAL && b->reason == TCP_CLOSE_NORMAL;
		if (!aborted && !may_time_out(world) && !normal && !complete)
			fail(world, "a connection failed without reason");
	}
}

static bool at_rest(const struct world *world)
{
	if (world->net.count > 0)
		return false;
	for (unsigned i = 0; i < world->n_flows; i++) {
		if (world->adversary && world->adversaries[i].packets_left > 0)
			return false;
	}
	for (unsigned side = 0; side < 2; side++) {
		if (stats_get_mt(&world->stats[side], STAT_TCP_CONNECTIONS_NOW) != 0)
			return false;
	}
	return true;
}

static void run(struct world *world)
{
	uint64_t limit_us = world->net.now_us + LIMIT_US;
	for (unsigned side = 0; side < 2; side++)
		serve(world, side);
	while (world->failure == NULL && !at_rest(world)) {
		uint64_t next = next_time(world);
		if (next == UINT64_MAX) {
			fail(world, "nothing will ever happen again");
			break;
		}
		if (next > limit_us || ++world->steps > MAX_STEPS) {
			fail(world, "livelock");
			break;
		}
		/* A refused segment is tried again at the next poll: time has to pass between two polls. */
		world->net.now_us = next > world->net.now_us ? next : world->net.now_us + 10;
		receive(world);
		run_adversaries(world);
		for (unsigned side = 0; side < 2; side++) {
			tcp_stack_advance(world->stack[side], world->net.now_us);
			serve(world, side);
		}
	}
	if (world->failure == NULL)
		check_rest(world);
}

/* What the runs have covered: a fault that never happened was not tested. */
struct coverage {
	uint64_t segments, lost, accepted, retransmits, timeouts, early_fins, black_holes, raised;
	uint64_t drops[DROP_REASONS];
};

static void add_coverage(struct coverage *sum, const struct world *world)
{
	sum->segments += world->net.sent;
	sum->lost += world->net.lost + world->net.corrupted;
	sum->early_fins += world->early_fins;
	for (unsigned side = 0; side < 2; side++) {
		const struct stats *stats = &world->stats[side];
		sum->accepted += stats_get_mt(stats, STAT_TCP_ACCEPTED);
		sum->retransmits += stats_get_mt(stats, STAT_TCP_RETRANSMITS);
		sum->timeouts += stats_get_mt(stats, STAT_TCP_TIMEOUTS);
		sum->black_holes += stats_get_mt(stats, STAT_TCP_BLACK_HOLES);
		sum->raised += stats_get_mt(stats, STAT_TCP_MTU_RAISED);
		for (unsigned i = 0; i < DROP_REASONS; i++)
			sum->drops[i] += stats_get_drop_mt(stats, (enum drop_reason)i);
	}
}

static void print_coverage(const struct coverage *sum)
{
	printf("segments %" PRIu64 ", lost or corrupted %" PRIu64 ", accepted %" PRIu64 ", retransmitted %" PRIu64
	       ", timed out %" PRIu64 ", early FINs %" PRIu64 "\n",
		sum->segments, sum->lost, sum->accepted, sum->retransmits, sum->timeouts, sum->early_fins);
	printf("black holes %" PRIu64 ", MTU raised %" PRIu64 "\n", sum->black_holes, sum->raised);
	for (unsigned i = 0; i < DROP_REASONS; i++) {
		if (sum->drops[i] > 0)
			printf("  %s %" PRIu64 "\n", stats_drop_name((enum drop_reason)i), sum->drops[i]);
	}
}

static const char *run_seed(uint64_t seed, struct sim_trace *trace, struct coverage *coverage)
{
	static struct world world;
	static struct emit_context contexts[2];
	create(&world, seed, contexts);
	if (trace != NULL) {
		sim_trace_faults(trace, &world.net.faults);
		world.net.trace = sim_trace_packet;
		world.net.trace_context = trace;
		trace->net = &world.net;
	}
	run(&world);
	if (coverage != NULL)
		add_coverage(coverage, &world);
	tcp_stack_destroy(world.stack[0]);
	tcp_stack_destroy(world.stack[1]);
	tcp_net_fini(&world.net);
	return world.failure;
}

static void replay(uint64_t seed)
{
	char path[64];
	snprintf(path, sizeof(path), "sim-%" PRIu64 ".pcap", seed);
	struct sim_trace trace;
	sim_trace_open(&trace, path);
	run_seed(seed, &trace, NULL);
	sim_trace_close(&trace);
	printf("packets of seed %" PRIu64 " are in %s\n", seed, path);
}

int main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 100;
	struct timespec begin, end;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	struct coverage coverage = {0};
	uint64_t failures = 0, first_failed = 0;
	for (uint64_t seed = first; seed < first + count; seed++) {
		const char *failure = run_seed(seed, NULL, &coverage);
		if (failure == NULL)
			continue;
		printf("seed %" PRIu64 ": %s\n", seed, failure);
		if (failures++ == 0)
			first_failed = seed;
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (failures > 0)
		replay(first_failed);
	print_coverage(&coverage);
	double seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
	printf("sim: %" PRIu64 " seeds from %" PRIu64 ", %" PRIu64 " failed, %.2f ms a seed\n", count, first, failures,
		seconds * 1000 / (double)count);
	return failures == 0 ? 0 : 1;
}
