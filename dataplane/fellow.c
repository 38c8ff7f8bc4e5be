/* SPDX-License-Identifier: BSD-3-Clause */
#include "fellow.h"

#include "siphash.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_mbuf.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

int fellow_init(struct fellow *fellow, unsigned index, const uint8_t key[16])
{
	char name[RTE_RING_NAMESIZE];
	memset(fellow, 0, sizeof(*fellow));
	fellow->index = index;
	fellow->n_workers = 1;
	memcpy(fellow->key, key, sizeof(fellow->key));
	snprintf(name, sizeof(name), "hf-packets-%u", index);
	fellow->packets = rte_ring_create(name, FELLOW_INBOX_PKTS, SOCKET_ID_ANY, RING_F_SC_DEQ);
	snprintf(name, sizeof(name), "hf-messages-%u", index);
	fellow->messages = rte_ring_create_elem(
		name, sizeof(struct fellow_message), FELLOW_INBOX_MESSAGES, SOCKET_ID_ANY, RING_F_SC_DEQ);
	if (fellow->packets && fellow->messages)
		return 0;
	fellow_fini(fellow);
	return -ENOMEM;
}

void fellow_fini(struct fellow *fellow)
{
	struct rte_mbuf *mbuf;
	while (fellow->packets && rte_ring_dequeue(fellow->packets, (void **)&mbuf) == 0)
		rte_pktmbuf_free(mbuf);
	rte_ring_free(fellow->packets);
	rte_ring_free(fellow->messages);
	memset(fellow, 0, sizeof(*fellow));
}

void fellow_connect(struct fellow *fellow, const struct fellow *other)
{
	fellow->packets_of[other->index] = other->packets;
	fellow->messages_of[other->index] = other->messages;
	if (fellow->n_workers <= other->index)
		fellow->n_workers = other->index + 1;
	if (other->index == 0)
		memcpy(fellow->key, other->key, sizeof(fellow->key));
}

unsigned fellow_owner(const struct fellow *fellow, const struct flow_key *key)
{
	if (fellow->n_workers == 1)
		return fellow->index;
	return (unsigned)(siphash(key, sizeof(*key), fellow->key) % fellow->n_workers);
}

bool fellow_hand_over(const struct fellow *fellow, unsigned owner, struct rte_mbuf *mbuf)
{
	return rte_ring_mp_enqueue(fellow->packets_of[owner], mbuf) == 0;
}

bool fellow_tell(const struct fellow *fellow, const struct fellow_message *message)
{
	struct fellow_message copy = *message; /* the ring's interface does not say const */
	for (unsigned i = 0; i < fellow->n_workers; i++)
		if (i != fellow->index)
			(void)rte_ring_mp_enqueue_elem(fellow->messages_of[i], &copy, sizeof(copy));
	return fellow->n_workers > 1;
}

unsigned fellow_take_packets(const struct fellow *fellow, struct rte_mbuf **mbufs, unsigned n)
{
	return rte_ring_sc_dequeue_burst(fellow->packets, (void **)mbufs, n, NULL);
}

bool fellow_take_message(const struct fellow *fellow, struct fellow_message *out)
{
	return rte_ring_sc_dequeue_elem(fellow->messages, out, sizeof(*out)) == 0;
}
