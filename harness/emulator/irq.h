/* SPDX-License-Identifier: MIT */
/*
 * irq: the host's half of message delivery. A host irq is what Linux calls by that name: a number
 * that a message of the device is routed to, and at most one action (handler) behind it. A message
 * carries a handle, not a vector of the function: which vector an irq belongs to is known only to
 * the table entry that holds the message, as with interrupt remapping.
 *
 * Locks: one a host irq, held while its handler runs. host_free_irq() takes it, so that no handler
 * runs after it returned (R69). Allocation is serialised by the caller (igate).
 */
#ifndef IRQSTORM_EMULATOR_IRQ_H
#define IRQSTORM_EMULATOR_IRQ_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "emulator/lock.h"

#define CACHE_LINE      64
#define HOST_IRQ_BASE   24u /* host irq numbers start here, past the legacy ones */
#define MSI_MSG_ADDRESS 0xfee00000u
#define MSI_MSG_NOWHERE UINT32_MAX /* data that is the slot of no host irq */

/* What the device writes, and where to. */
struct msi_msg {
	uint64_t address; /* MSI_MSG_ADDRESS, generation of the domain in the upper half */
	uint32_t data;    /* slot of the host irq */
};

struct msg_table;

typedef void (*irq_handler)(void *data);

struct host_irq {
	alignas(CACHE_LINE) struct lock lock;
	irq_handler handler; /* NULL: shut down, or never requested */
	void *data;
	uint64_t sent;       /* messages that reached a handler */
	uint32_t generation; /* of the domain when allocated */
	bool allocated;
	struct msg_table *table; /* the irq chip: where to mask and unmask */
	uint32_t vector;
};

/* Messages under way at most: as many as a block of a program can have sent. */
#define HOST_POSTED 256u

struct host {
	struct host_irq *irqs;
	uint32_t count;
	uint32_t hint;  /* no free slot below */
	uint32_t used;  /* no slot from here on was ever allocated, or since host_forget_stats() */
	uint32_t limit; /* vectors that can be held, 0: as many as there are slots */
	uint32_t held;
	uint32_t generation;      /* counts domain instances: 1 at the first enable */
	_Atomic uint64_t dropped; /* messages that found no irq, or no handler (R80) */
	bool posting;             /* what is sent is under way until host_arrive() */
	uint32_t posted;
	struct msi_msg under_way[HOST_POSTED];
#ifdef IRQSTORM_ZOO
	struct zoo *zoo;
#endif
};

int host_init(struct host *host, uint32_t count);
void host_fini(struct host *host);
/*
 * @count slots, not fewer than before. Every host irq moves: who holds one finds it anew by its
 * slot. No other call may run. -ENOMEM changes nothing.
 */
int host_grow(struct host *host, uint32_t count);
/* How many vectors can be had now. */
uint32_t host_available(const struct host *host);

/* A new domain instance: messages of an earlier one no longer find an irq. */
void host_new_domain(struct host *host);

/* A host irq for @vector of @table, shut down. NULL: no vector left. */
struct host_irq *host_alloc_irq(struct host *host, struct msg_table *table, uint32_t vector);
void host_release_irq(struct host *host, struct host_irq *irq);
uint32_t host_irq_slot(const struct host *host, const struct host_irq *irq);
uint32_t host_irq_number(const struct host *host, const struct host_irq *irq);

/* The message that the host wants for @irq. */
struct msi_msg host_compose_msg(const struct host *host, const struct host_irq *irq);

/* request_irq(): a handler, then the entry unmasked, which replays what was pended (P8). */
void host_request_irq(struct host_irq *irq, irq_handler handler, void *data);
/* free_irq(): the entry masked, then the handler gone; waits for a running one. */
void host_free_irq(struct host_irq *irq);

/* A message arrives from the bus. Any thread, no lock held. */
void host_deliver(struct host *host, struct msi_msg msg);

/*
 * The device sends a message. It arrives at once, from any thread, unless the caller of
 * host_arrive() has set host.posting: then only from its thread, and it arrives there.
 */
static inline void host_send(struct host *host, struct msi_msg msg)
{
	if (__builtin_expect(host->posting, 0) && host->posted < HOST_POSTED)
		host->under_way[host->posted++] = msg;
	else
		host_deliver(host, msg);
}

/* What is under way arrives, in the order it was sent in. */
static inline void host_arrive(struct host *host)
{
	for (uint32_t i = 0; i < host->posted; i++)
		host_deliver(host, host->under_way[i]);
	host->posted = 0;
}

/* Sums over all irqs, past and present. */
void host_stats(struct host *host, uint64_t *sent, uint64_t *dropped);
/* They begin at 0 again. Nothing else may run. */
void host_forget_stats(struct host *host);

#endif
