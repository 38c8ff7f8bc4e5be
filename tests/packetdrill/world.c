/* SPDX-License-Identifier: BSD-3-Clause */
#include "world.h"

#include "checksum.h"
#include "packet.h"
#include "packet_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	HOP_LIMIT = 64,
	TCP_CHECKSUM_AT = 16,
	ETHERNET_BYTES = 14,
	MAX_PACKET_BYTES = 65535,
	MAX_CONNECTIONS = WORLD_MAX_SOCKETS,
};

/* The clock begins at some date, as gettimeofday() does; longer than any backoff: what comes later never comes. */
#define BEGIN_US        UINT64_C(1700000000000000)
#define FOR_EVER_US     (UINT64_C(4) * 3600 * 1000000)
#define MEMORY_BYTES    (UINT64_C(64) << 20)
#define STEP_AT_ONCE_US 1

/* --- packets out ------------------------------------------------------------------------------------------------- */

static size_t write_tcp(
	uint8_t *tcp, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	size_t length = tcp_segment_write_header(segment, key->local_port, key->remote_port, tcp);
	if (segment->payload_len > 0)
		tcp_conn_copy_payload(conn, segment, tcp + length);
	return length + segment->payload_len;
}

static bool emit(
	void *context, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	struct world *world = context;
	size_t most = PACKET_MAX_IP_BYTES + TCP_SEGMENT_MAX_HEADER_BYTES + (size_t)segment->payload_len;
	struct world_packet *packet = calloc(1, sizeof(*packet) + most);
	if (packet == NULL)
		return false;
	uint8_t *tcp = packet->octets + (ip_address_is_v4(&key->local_ip) ? 20 : 40);
	struct packet_build_ip ip = {.source = key->local_ip,
		.destination = key->remote_ip,
		.protocol = PACKET_PROTOCOL_TCP,
		.hop_limit = HOP_LIMIT,
		.payload_len = (uint16_t)write_tcp(tcp, key, conn, segment)};
	packet_build_ip(packet->octets, &ip);
	uint64_t sum = checksum_add_pseudo(0, &ip.source, &ip.destination, PACKET_PROTOCOL_TCP, ip.payload_len);
	uint16_t checksum = checksum_finish(checksum_add(sum, (struct bytes){tcp, ip.payload_len}));
	memcpy(tcp + TCP_CHECKSUM_AT, &checksum, sizeof(checksum));
	packet->len = (size_t)(tcp - packet->octets) + ip.payload_len;
	packet->sent_us = world->now_us;
	STAILQ_INSERT_TAIL(&world->sent, packet, link);
	return true;
}

static struct world_socket *listener_of(struct world *world, const struct flow_key *key)
{
	for (unsigned i = 0; i < WORLD_MAX_SOCKETS; i++) {
		struct world_socket *socket = &world->sockets[i];
		static const struct ip_address any;
		bool mine = ip_address_equal(&socket->local_ip, &key->local_ip) ||
			    ip_address_equal(&socket->local_ip, &any);
		if (socket->in_use && socket->listening && socket->local_port == key->local_port && mine)
			return socket;
	}
	return NULL;
}

static bool listens(void *context, const struct flow_key *key)
{
	return listener_of(context, key) != NULL;
}

/* --- the world --------------------------------------------------------------------------------------------------- */

struct world *world_create(const struct ip_address *local_ip)
{
	struct world *world = calloc(1, sizeof(*world));
	if (world == NULL)
		return NULL;
	world->now_us = BEGIN_US;
	world->local_ip = *local_ip;
	STAILQ_INIT(&world->sent);
	tcp_stack_settings_default(&world->settings);
	world->settings.max_connections = MAX_CONNECTIONS;
	world->settings.buffer_memory_bytes = MEMORY_BYTES;
	struct tcp_stack_callbacks callbacks = {world, emit, listens};
	/* A script must run the same way each time. */
	static const uint8_t seed[32] = "thirty-two octets, always alike";
	world->tcp = tcp_stack_create(&world->settings, &callbacks, seed, &world->stats, world->now_us);
	if (world->tcp == NULL) {
		free(world);
		return NULL;
	}
	pthread_mutex_init(&world->lock, NULL);
	pthread_cond_init(&world->changed, NULL);
	pthread_cond_init(&world->settled, NULL);
	return world;
}

void world_destroy(struct world *world)
{
	tcp_stack_destroy(world->tcp);
	while (!STAILQ_EMPTY(&world->sent)) {
		struct world_packet *packet = STAILQ_FIRST(&world->sent);
		STAILQ_REMOVE_HEAD(&world->sent, link);
		free(packet);
	}
	pthread_cond_destroy(&world->settled);
	pthread_cond_destroy(&world->changed);
	pthread_mutex_destroy(&world->lock);
	free(world);
}

struct world *world_enter(void *userdata)
{
	struct world *world = userdata;
	pthread_mutex_lock(&world->lock);
	return world;
}

long world_leave(struct world *world, long result)
{
	int error = errno;
	world_run(world);
	pthread_mutex_unlock(&world->lock);
	errno = error;
	return result;
}

struct world_socket *world_new_socket(struct world *world, bool is_v6)
{
	for (unsigned i = 0; i < WORLD_MAX_SOCKETS; i++) {
		struct world_socket *socket = &world->sockets[i];
		if (socket->in_use)
			continue;
		*socket = (struct world_socket){.in_use = true, .is_v6 = is_v6};
		return socket;
	}
	return NULL;
}

/* --- events ------------------------------------------------------------------------------------------------------ */

static int error_of(enum tcp_conn_close_reason reason)
{
	switch (reason) {
	case TCP_CLOSE_RESET:
		return ECONNRESET;
	case TCP_CLOSE_REFUSED:
		return ECONNREFUSED;
	case TCP_CLOSE_TIMEOUT:
		return ETIMEDOUT;
	case TCP_CLOSE_ABORTED:
		return ECONNABORTED;
	default:
		return 0;
	}
}

static struct world_socket *accepted(struct world *world, struct tcp_conn *conn)
{
	struct world_socket *listener = listener_of(world, tcp_conn_key(conn));
	struct world_socket *socket = listener != NULL ? world_new_socket(world, listener->is_v6) : NULL;
	if (socket == NULL) {
		tcp_conn_abort(conn);
		tcp_conn_release(conn);
		return NULL;
	}
	socket->conn = conn;
	socket->connected = true;
	socket->listener = listener;
	socket->local_ip = tcp_conn_key(conn)->local_ip;
	socket->local_port = tcp_conn_key(conn)->local_port;
	tcp_conn_set_user(conn, socket);
	return socket;
}

static void serve(struct world *world, struct tcp_conn *conn)
{
	uint32_t events = tcp_conn_take_events(conn);
	struct world_socket *socket = tcp_conn_user(conn);
	if ((events & TCP_EVENT_ACCEPTED) != 0)
		socket = accepted(world, conn);
	if (socket == NULL)
		return;
	socket->connected |= (events & TCP_EVENT_CONNECTED) != 0;
	socket->eof |= (events & TCP_EVENT_EOF) != 0;
	if ((events & TCP_EVENT_CLOSED) != 0) {
		socket->over = true;
		socket->error = error_of(tcp_conn_close_reason(conn));
	}
}

void world_run(struct world *world)
{
	struct tcp_conn *conn;
	bool any = false;
	while ((conn = tcp_stack_next_event(world->tcp)) != NULL) {
		serve(world, conn);
		any = true;
	}
	tcp_stack_output(world->tcp, world->now_us);
	if (!any || world->waiting == 0)
		return;
	world->unsettled = world->waiting;
	pthread_cond_broadcast(&world->changed);
}

void world_wait(struct world *world)
{
	/* What this call has caused so far must be on its way before it sleeps. */
	world_run(world);
	world->waiting++;
	pthread_cond_wait(&world->changed, &world->lock);
	world->waiting--;
	if (world->unsettled > 0 && --world->unsettled == 0)
		pthread_cond_signal(&world->settled);
}

/* Virtual time must not run past what a woken call is about to do. */
static void settle(struct world *world)
{
	while (world->unsettled > 0)
		pthread_cond_wait(&world->settled, &world->lock);
}

void world_advance(struct world *world, uint64_t to_us)
{
	world_run(world);
	settle(world);
	for (;;) {
		uint64_t next = tcp_stack_next_timer_us(world->tcp);
		if (next > to_us)
			break;
		world->now_us = next > world->now_us ? next : world->now_us + STEP_AT_ONCE_US;
		tcp_stack_advance(world->tcp, world->now_us);
		world_run(world);
		settle(world);
	}
	if (to_us > world->now_us)
		world->now_us = to_us;
	tcp_stack_advance(world->tcp, world->now_us);
	/* Calls with a deadline look at the clock. */
	world->unsettled = world->waiting;
	pthread_cond_broadcast(&world->changed);
	world_run(world);
}

/* --- packets in -------------------------------------------------------------------------------------------------- */

static void too_big(struct world *world, const struct packet_too_big *quoted)
{
	struct flow_key key = {.local_ip = quoted->source_ip,
		.remote_ip = quoted->destination_ip,
		.local_port = quoted->source_port,
		.remote_port = quoted->destination_port};
	tcp_stack_packet_too_big(world->tcp, &key, quoted->sequence, quoted->mtu_bytes, world->now_us);
}

static void segment_arrives(struct world *world, const struct packet *packet)
{
	struct flow_key key = {.local_ip = packet->destination_ip, .remote_ip = packet->source_ip};
	struct tcp_segment segment;
	if (tcp_segment_parse(packet->payload, &segment, &key.remote_port, &key.local_port) == TCP_SEGMENT_OK)
		tcp_stack_input(world->tcp, &key, &segment, world->now_us);
}

void world_packet_arrives(struct world *world, const void *packet, size_t len)
{
	static const uint8_t ethernet_v4[ETHERNET_BYTES] = {[0] = 2, [6] = 2, [11] = 1, [12] = 0x08, [13] = 0x00};
	static const uint8_t ethernet_v6[ETHERNET_BYTES] = {[0] = 2, [6] = 2, [11] = 1, [12] = 0x86, [13] = 0xdd};
	if (len == 0 || len > MAX_PACKET_BYTES)
		return;
	/* A frame of our own around it, and it is read as on a NIC. */
	uint8_t *frame = malloc(ETHERNET_BYTES + len);
	if (frame == NULL)
		return;
	bool is_v4 = (*(const uint8_t *)packet >> 4) == 4;
	memcpy(frame, is_v4 ? ethernet_v4 : ethernet_v6, ETHERNET_BYTES);
	memcpy(frame + ETHERNET_BYTES, packet, len);
	struct packet parsed;
	enum drop_reason reason;
	if (packet_parse((struct bytes){frame, ETHERNET_BYTES + len}, 0, &parsed, &reason)) {
		if (parsed.kind == PACKET_TCP)
			segment_arrives(world, &parsed);
		else if (parsed.kind == PACKET_TOO_BIG)
			too_big(world, &parsed.too_big);
	}
	free(frame);
	world_run(world);
}

struct world_packet *world_next_packet(struct world *world)
{
	uint64_t limit_us = world->now_us + FOR_EVER_US;
	world_run(world);
	settle(world);
	while (STAILQ_EMPTY(&world->sent)) {
		uint64_t next = tcp_stack_next_timer_us(world->tcp);
		if (next > limit_us)
			return NULL;
		world_advance(world, next > world->now_us ? next : world->now_us + STEP_AT_ONCE_US);
		settle(world);
	}
	struct world_packet *packet = STAILQ_FIRST(&world->sent);
	STAILQ_REMOVE_HEAD(&world->sent, link);
	return packet;
}
