/* SPDX-License-Identifier: BSD-3-Clause */
#include "neigh.h"

#include "packet_build.h"
#include "siphash.h"

#include <stdlib.h>
#include <string.h>

enum {
	BUCKETS = NEIGH_MAX_ENTRIES,
	NONE = UINT16_MAX,
	/* RFC 4861 section 10: MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT. */
	MAX_PROBES = 3,
	/* How many entries are looked at to find one that may go: bounds the cost of a flood of strangers. */
	EVICTION_TRIES = 8,
	ANNOUNCE_ROUNDS = 2,
	/* Announcements per sweep: a thousand addresses go out in a few seconds, not in one burst. */
	ANNOUNCE_BATCH = 32,
};

/* RFC 4861 section 10: RETRANS_TIMER and REACHABLE_TIME. */
#define RETRANSMIT_US        UINT64_C(1000000)
#define REACHABLE_US         UINT64_C(30000000)
#define SWEEP_US             UINT64_C(100000)
#define ANNOUNCE_INTERVAL_US UINT64_C(2000000)

enum state {
	FREE,
	ASKED,     /* no MAC address yet; packets may wait */
	REACHABLE, /* until deadline_us */
	PROBED,    /* was in use when its time was over: serves while it is asked again */
};

struct entry {
	struct local_address key; /* the neighbour's address, and where it is */
	struct ip_address source; /* what we ask from */
	uint64_t deadline_us;
	void *held[NEIGH_MAX_HELD]; /* oldest first */
	uint16_t next;              /* in its bucket, or in the free list */
	uint8_t mac[PACKET_MAC_BYTES];
	uint8_t state, probes, n_held;
	bool used; /* since it became reachable or the eviction hand passed */
};

struct neigh {
	const struct local_address_table *addresses;
	struct neigh_callbacks callbacks;
	struct stats *stats;
	uint8_t key[16];
	uint64_t next_sweep_us;
	uint16_t n_entries, n_asked, first_free, hand;
	uint16_t recent; /* the entry that was sent to last: often the gateway's, and found without a hash */
	unsigned announce_rounds;
	size_t announce_at;
	uint64_t next_announce_us;
	uint16_t buckets[BUCKETS];
	struct entry entries[NEIGH_MAX_ENTRIES];
};

_Static_assert(NEIGH_MAX_ENTRIES < NONE, "an entry's number fits");

struct neigh *neigh_create(const struct local_address_table *addresses, const struct neigh_callbacks *callbacks,
	const uint8_t key[16], struct stats *stats)
{
	struct neigh *neigh = calloc(1, sizeof(*neigh));
	if (!neigh)
		return NULL;
	neigh->addresses = addresses;
	neigh->callbacks = *callbacks;
	neigh->stats = stats;
	memcpy(neigh->key, key, sizeof(neigh->key));
	for (unsigned i = 0; i < BUCKETS; i++)
		neigh->buckets[i] = NONE;
	for (unsigned i = 0; i < NEIGH_MAX_ENTRIES; i++)
		neigh->entries[i].next = i + 1 < NEIGH_MAX_ENTRIES ? (uint16_t)(i + 1) : NONE;
	return neigh;
}

/* --- the table --------------------------------------------------------------------------------------------------- */

static uint16_t *bucket_of(struct neigh *neigh, const struct local_address *key)
{
	return &neigh->buckets[siphash(key, sizeof(*key), neigh->key) % BUCKETS];
}

static struct entry *find(struct neigh *neigh, const struct local_address *key)
{
	for (uint16_t i = *bucket_of(neigh, key); i != NONE; i = neigh->entries[i].next)
		if (memcmp(&neigh->entries[i].key, key, sizeof(*key)) == 0)
			return &neigh->entries[i];
	return NULL;
}

static struct entry *find_to_send(struct neigh *neigh, const struct local_address *key)
{
	struct entry *recent = &neigh->entries[neigh->recent];
	if (recent->state != FREE && memcmp(&recent->key, key, sizeof(*key)) == 0)
		return recent;
	struct entry *entry = find(neigh, key);
	if (entry)
		neigh->recent = (uint16_t)(entry - neigh->entries);
	return entry;
}

static void drop_packet(struct neigh *neigh, void *packet, enum drop_reason reason)
{
	stats_drop(neigh->stats, reason);
	neigh->callbacks.drop(neigh->callbacks.context, packet);
}

static void drop_held(struct neigh *neigh, struct entry *entry)
{
	for (unsigned i = 0; i < entry->n_held; i++)
		drop_packet(neigh, entry->held[i], DROP_NEIGH_UNRESOLVED);
	entry->n_held = 0;
}

static void set_state(struct neigh *neigh, struct entry *entry, enum state state)
{
	if (entry->state == ASKED)
		neigh->n_asked--;
	if (state == ASKED)
		neigh->n_asked++;
	entry->state = (uint8_t)state;
}

static void forget(struct neigh *neigh, struct entry *entry)
{
	uint16_t number = (uint16_t)(entry - neigh->entries);
	uint16_t *link = bucket_of(neigh, &entry->key);
	while (*link != number)
		link = &neigh->entries[*link].next;
	*link = entry->next;
	drop_held(neigh, entry);
	set_state(neigh, entry, FREE);
	entry->next = neigh->first_free;
	neigh->first_free = number;
	neigh->n_entries--;
}

/* Second chance: an entry goes if it was not used since the hand passed last. Those being asked for have a bound of
 * their own and stay. */
static void evict_one(struct neigh *neigh)
{
	for (unsigned i = 0; i < EVICTION_TRIES; i++) {
		struct entry *entry = &neigh->entries[neigh->hand];
		neigh->hand = (uint16_t)((neigh->hand + 1) % NEIGH_MAX_ENTRIES);
		if (entry->state == ASKED)
			continue;
		if (!entry->used) {
			forget(neigh, entry);
			return;
		}
		entry->used = false;
	}
}

/* @return an entry whose state the caller sets, or NULL if none may go. */
static struct entry *add(struct neigh *neigh, const struct local_address *key)
{
	if (neigh->first_free == NONE)
		evict_one(neigh);
	if (neigh->first_free == NONE)
		return NULL;
	uint16_t number = neigh->first_free;
	struct entry *entry = &neigh->entries[number];
	uint16_t *bucket = bucket_of(neigh, key);
	neigh->first_free = entry->next;
	*entry = (struct entry){.key = *key, .next = *bucket};
	*bucket = number;
	neigh->n_entries++;
	return entry;
}

/* --- asking ------------------------------------------------------------------------------------------------------ */

static void transmit(struct neigh *neigh, uint16_t port_id, const uint8_t *frame, size_t len)
{
	neigh->callbacks.transmit(neigh->callbacks.context, port_id, (struct bytes){frame, len});
}

/* A link header from us to nobody in particular yet. */
static struct packet_build_link link_from_us(const struct neigh *neigh, uint16_t port_id, uint16_t vlan)
{
	struct packet_build_link link = {.vlan = vlan};
	memset(link.destination_mac, 0xff, PACKET_MAC_BYTES);
	const uint8_t *mac = local_address_mac(neigh->addresses, port_id);
	if (mac)
		memcpy(link.source_mac, mac, PACKET_MAC_BYTES);
	return link;
}

/* Broadcast or multicast for a stranger, unicast for one whose address only has to be confirmed. */
static void ask(struct neigh *neigh, const struct entry *entry)
{
	static const uint8_t unknown[PACKET_MAC_BYTES];
	uint8_t frame[PACKET_BUILD_MAX_DISCOVERY_BYTES];
	const struct local_address *key = &entry->key;
	struct packet_build_link link = link_from_us(neigh, key->port_id, key->vlan);
	bool known = entry->state == PROBED;
	if (known)
		memcpy(link.destination_mac, entry->mac, PACKET_MAC_BYTES);
	size_t len;
	if (ip_address_is_v4(&key->ip)) {
		len = packet_build_arp(frame, &link, true, &entry->source, unknown, &key->ip);
	} else {
		struct ip_address group = packet_build_solicited_node(&key->ip);
		if (!known)
			packet_build_multicast_mac(&group, link.destination_mac);
		len = packet_build_solicitation(frame, &link, &entry->source, known ? &key->ip : &group, &key->ip);
	}
	transmit(neigh, key->port_id, frame, len);
}

static void ask_again(struct neigh *neigh, struct entry *entry, uint64_t now_us)
{
	entry->probes++;
	entry->deadline_us = now_us + RETRANSMIT_US;
	ask(neigh, entry);
}

static void hold(struct neigh *neigh, struct entry *entry, void *packet)
{
	if (entry->n_held == NEIGH_MAX_HELD) { /* RFC 4861 section 7.2.2: the newest replaces the oldest */
		drop_packet(neigh, entry->held[0], DROP_NEIGH_UNRESOLVED);
		memmove(entry->held, entry->held + 1, (NEIGH_MAX_HELD - 1) * sizeof(entry->held[0]));
		entry->n_held--;
	}
	entry->held[entry->n_held++] = packet;
}

void neigh_send(struct neigh *neigh, const struct local_address *local, const struct ip_address *remote, void *packet,
	uint64_t now_us)
{
	struct local_address_hop hop;
	if (!local_address_next_hop(neigh->addresses, local, remote, &hop)) {
		drop_packet(neigh, packet, DROP_NEIGH_UNRESOLVED);
		return;
	}
	struct local_address key = {.ip = hop.ip, .port_id = hop.port_id, .vlan = hop.vlan};
	struct entry *entry = find_to_send(neigh, &key);
	if (entry && entry->state != ASKED) {
		entry->used = true;
		neigh->callbacks.send(neigh->callbacks.context, key.port_id, packet, entry->mac);
		return;
	}
	if (!entry) {
		entry = neigh->n_asked < NEIGH_MAX_ASKED ? add(neigh, &key) : NULL;
		if (!entry) {
			drop_packet(neigh, packet, DROP_NEIGH_FULL);
			return;
		}
		entry->source = hop.source;
		set_state(neigh, entry, ASKED);
		ask_again(neigh, entry, now_us);
	}
	hold(neigh, entry, packet);
}

/* --- learning ---------------------------------------------------------------------------------------------------- */

/* @return true if that was news. */
static bool confirm(struct neigh *neigh, struct entry *entry, const uint8_t mac[PACKET_MAC_BYTES], uint64_t now_us)
{
	bool news = entry->state != REACHABLE || memcmp(entry->mac, mac, PACKET_MAC_BYTES) != 0;
	memcpy(entry->mac, mac, PACKET_MAC_BYTES);
	set_state(neigh, entry, REACHABLE);
	entry->deadline_us = now_us + REACHABLE_US;
	entry->probes = 0;
	/* A packet that had to wait counts as use: an answer to our own question is not the first to go. */
	entry->used = entry->n_held > 0;
	unsigned n = entry->n_held;
	entry->n_held = 0;
	for (unsigned i = 0; i < n; i++)
		neigh->callbacks.send(neigh->callbacks.context, entry->key.port_id, entry->held[i], entry->mac);
	return news;
}

/* @return true if that was news. */
static bool learn(struct neigh *neigh, const struct neigh_news *news, uint64_t now_us)
{
	struct local_address key = {.ip = news->ip, .port_id = news->port_id, .vlan = news->vlan};
	struct entry *entry = find(neigh, &key);
	if (!entry && news->create) {
		entry = add(neigh, &key);
		if (entry)
			entry->source = news->asked_ip;
	}
	if (!entry)
		return false;
	bool settled = entry->state == REACHABLE || entry->state == PROBED;
	if (settled && !news->override && memcmp(entry->mac, news->mac, PACKET_MAC_BYTES) != 0)
		return false;
	return confirm(neigh, entry, news->mac, now_us);
}

void neigh_learn(struct neigh *neigh, const struct neigh_news *news, uint64_t now_us)
{
	learn(neigh, news, now_us);
}

/* @param known  there is an entry here; where there is none, a fellow may have asked.
 * @return false if nobody can have any use for it. */
static bool learn_and_tell(struct neigh *neigh, const struct neigh_news *news, bool known, uint64_t now_us)
{
	bool is_news = learn(neigh, news, now_us);
	bool told = (is_news || !known) && neigh->callbacks.learned(neigh->callbacks.context, news);
	return known || is_news || told;
}

/* --- answering --------------------------------------------------------------------------------------------------- */

static bool is_mine(const struct neigh *neigh, uint16_t port_id, const uint8_t mac[PACKET_MAC_BYTES])
{
	const uint8_t *own = local_address_mac(neigh->addresses, port_id);
	return own && memcmp(own, mac, PACKET_MAC_BYTES) == 0;
}

static void answer_arp(struct neigh *neigh, uint16_t port_id, const struct packet *packet)
{
	uint8_t frame[PACKET_BUILD_MAX_DISCOVERY_BYTES];
	const struct packet_arp *arp = &packet->arp;
	struct packet_build_link link = link_from_us(neigh, port_id, packet->vlan);
	memcpy(link.destination_mac, arp->sender_mac, PACKET_MAC_BYTES);
	size_t len = packet_build_arp(frame, &link, false, &arp->target_ip, arp->sender_mac, &arp->sender_ip);
	transmit(neigh, port_id, frame, len);
}

/* @return false if the packet is to be counted as bad. */
static bool arp_input(struct neigh *neigh, uint16_t port_id, const struct packet *packet, uint64_t now_us)
{
	const struct packet_arp *arp = &packet->arp;
	uint16_t vlan = packet->vlan;
	bool claims_ours = local_address_contains(neigh->addresses, port_id, vlan, &arp->sender_ip);
	if (claims_ours || is_mine(neigh, port_id, arp->sender_mac))
		return false;
	bool asks_us = arp->is_request && local_address_contains(neigh->addresses, port_id, vlan, &arp->target_ip);
	struct local_address key = {.ip = arp->sender_ip, .port_id = port_id, .vlan = vlan};
	struct neigh_news news = {
		.ip = key.ip, .asked_ip = arp->target_ip, .port_id = port_id, .vlan = vlan, .override = true};
	memcpy(news.mac, arp->sender_mac, PACKET_MAC_BYTES);
	bool known = find(neigh, &key) != NULL;
	bool announces = ip_address_equal(&arp->sender_ip, &arp->target_ip); /* "gratuitous" */
	if (asks_us)
		answer_arp(neigh, port_id, packet);
	/* RFC 826 has everybody hear requests: one for somebody else is no fault. */
	if (arp->is_request && !asks_us && !announces && !known)
		return true;
	/* 0.0.0.0 asks before it has an address, and is on no link: answered, not learned. */
	news.create = asks_us && local_address_on_link(neigh->addresses, port_id, vlan, &arp->sender_ip);
	if (asks_us && !news.create && !known)
		return true;
	return learn_and_tell(neigh, &news, known, now_us) || arp->is_request;
}

static bool solicitation_input(struct neigh *neigh, uint16_t port_id, const struct packet *packet, uint64_t now_us)
{
	static const struct ip_address all_nodes = {.octets = {0xff, 2, [15] = 1}}, unspecified;
	const struct ip_address *source = &packet->source_ip, *target = &packet->nd.target;
	bool probes = ip_address_equal(source, &unspecified);
	if (!local_address_contains(neigh->addresses, port_id, packet->vlan, target))
		return true; /* another node's: solicited-node groups are shared */
	if (is_mine(neigh, port_id, packet->source_mac))
		return false;
	if (!probes && !local_address_on_link(neigh->addresses, port_id, packet->vlan, source))
		return false;
	if (packet->nd.has_mac) {
		struct neigh_news news = {.ip = *source,
			.asked_ip = *target,
			.port_id = port_id,
			.vlan = packet->vlan,
			.create = true,
			.override = true}; /* RFC 4861 section 7.2.3 */
		memcpy(news.mac, packet->nd.mac, PACKET_MAC_BYTES);
		learn_and_tell(neigh, &news, true, now_us);
	}
	uint8_t frame[PACKET_BUILD_MAX_DISCOVERY_BYTES];
	struct packet_build_link link = link_from_us(neigh, port_id, packet->vlan);
	memcpy(link.destination_mac, packet->source_mac, PACKET_MAC_BYTES);
	if (probes) /* duplicate address detection for an address of ours: RFC 4862 section 5.4.3 answers all nodes */
		packet_build_multicast_mac(&all_nodes, link.destination_mac);
	transmit(neigh, port_id, frame, packet_build_advertisement(frame, &link, probes ? &all_nodes : source, target));
	return true;
}

/* RFC 4861 section 7.2.5. */
static bool advertisement_input(struct neigh *neigh, uint16_t port_id, const struct packet *packet, uint64_t now_us)
{
	const struct packet_nd *nd = &packet->nd;
	struct local_address key = {.ip = nd->target, .port_id = port_id, .vlan = packet->vlan};
	const struct entry *entry = find(neigh, &key);
	bool has_old_mac = entry && entry->state != ASKED;
	if (local_address_contains(neigh->addresses, port_id, packet->vlan, &nd->target) ||
		(!nd->has_mac && !has_old_mac))
		return false;
	struct neigh_news news = {.ip = nd->target, .port_id = port_id, .vlan = packet->vlan, .override = nd->override};
	memcpy(news.mac, nd->has_mac ? nd->mac : entry->mac, PACKET_MAC_BYTES);
	bool moves = has_old_mac && memcmp(entry->mac, news.mac, PACKET_MAC_BYTES) != 0;
	if (has_old_mac && !moves && !nd->solicited) /* an announcement is no proof that we reach it */
		return true;
	return learn_and_tell(neigh, &news, entry != NULL, now_us);
}

void neigh_input(struct neigh *neigh, uint16_t port_id, const struct packet *packet, uint64_t now_us)
{
	bool good;
	if (packet->kind == PACKET_ARP)
		good = arp_input(neigh, port_id, packet, now_us);
	else if (packet->kind == PACKET_SOLICITATION)
		good = solicitation_input(neigh, port_id, packet, now_us);
	else
		good = advertisement_input(neigh, port_id, packet, now_us);
	if (good)
		stats_add(neigh->stats, STAT_RX_DELIVERED_PKTS, 1);
	else
		stats_drop(neigh->stats, packet->kind == PACKET_ARP ? DROP_ARP_BAD : DROP_ICMP_BAD);
}

/* --- time -------------------------------------------------------------------------------------------------------- */

void neigh_announce(struct neigh *neigh, uint64_t now_us)
{
	neigh->announce_rounds = ANNOUNCE_ROUNDS;
	neigh->announce_at = 0;
	neigh->next_announce_us = now_us;
}

static void announce_address(struct neigh *neigh, const struct local_address *address)
{
	static const struct ip_address all_nodes = {.octets = {0xff, 2, [15] = 1}};
	static const uint8_t unknown[PACKET_MAC_BYTES];
	uint8_t frame[PACKET_BUILD_MAX_DISCOVERY_BYTES];
	struct packet_build_link link = link_from_us(neigh, address->port_id, address->vlan);
	size_t len;
	if (ip_address_is_v4(&address->ip)) {
		len = packet_build_arp(frame, &link, true, &address->ip, unknown, &address->ip);
	} else {
		packet_build_multicast_mac(&all_nodes, link.destination_mac);
		len = packet_build_advertisement(frame, &link, &all_nodes, &address->ip);
	}
	transmit(neigh, address->port_id, frame, len);
}

static void announce_some(struct neigh *neigh, uint64_t now_us)
{
	if (neigh->announce_rounds == 0 || now_us < neigh->next_announce_us)
		return;
	size_t n = local_address_count(neigh->addresses);
	for (unsigned i = 0; i < ANNOUNCE_BATCH && neigh->announce_at < n; i++)
		announce_address(neigh, local_address_get(neigh->addresses, neigh->announce_at++));
	if (neigh->announce_at < n)
		return;
	neigh->announce_rounds--;
	neigh->announce_at = 0;
	neigh->next_announce_us = now_us + ANNOUNCE_INTERVAL_US;
}

static void time_out(struct neigh *neigh, struct entry *entry, uint64_t now_us)
{
	if (entry->state == REACHABLE && entry->used) {
		set_state(neigh, entry, PROBED);
		entry->used = false;
	}
	if (entry->state == REACHABLE || entry->probes == MAX_PROBES)
		forget(neigh, entry);
	else
		ask_again(neigh, entry, now_us);
}

void neigh_advance(struct neigh *neigh, uint64_t now_us)
{
	if (now_us < neigh->next_sweep_us)
		return;
	neigh->next_sweep_us = now_us + SWEEP_US;
	announce_some(neigh, now_us);
	for (unsigned i = 0; neigh->n_entries > 0 && i < NEIGH_MAX_ENTRIES; i++) {
		struct entry *entry = &neigh->entries[i];
		if (entry->state != FREE && now_us >= entry->deadline_us)
			time_out(neigh, entry, now_us);
	}
}

size_t neigh_count(const struct neigh *neigh)
{
	return neigh->n_entries;
}

void neigh_destroy(struct neigh *neigh)
{
	if (!neigh)
		return;
	for (unsigned i = 0; i < NEIGH_MAX_ENTRIES; i++)
		drop_held(neigh, &neigh->entries[i]);
	free(neigh);
}
