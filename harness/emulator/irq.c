/* SPDX-License-Identifier: MIT */
/*
 * irq: see irq.h. Owns the pool of host irqs, their actions, and the way of a message from the bus
 * to a handler.
 */
#include "emulator/irq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/function.h"
#include "emulator/plant.h"

int host_init(struct host *host, uint32_t count)
{
	memset(host, 0, sizeof(*host));
	return host_grow(host, count);
}

int host_grow(struct host *host, uint32_t count)
{
	struct host_irq *irqs;

	if (count <= host->count)
		return 0;
	irqs = aligned_alloc(alignof(struct host_irq), count * sizeof(*irqs));
	if (!irqs)
		return -ENOMEM;
	memset(irqs, 0, count * sizeof(*irqs));
	for (uint32_t i = 0; i < host->count; i++) {
		irqs[i] = host->irqs[i];
		lock_fini(&host->irqs[i].lock);
	}
	/* A mutex cannot be copied; nobody holds these. */
	for (uint32_t i = 0; i < count; i++)
		lock_init(&irqs[i].lock, LOCK_HOST_IRQ);
	free(host->irqs);
	host->irqs = irqs;
	host->count = count;
	return 0;
}

uint32_t host_available(const struct host *host)
{
	uint32_t limit = host->limit && host->limit < host->count ? host->limit : host->count;

	return limit - host->held;
}

void host_fini(struct host *host)
{
	for (uint32_t i = 0; i < host->count; i++)
		lock_fini(&host->irqs[i].lock);
	free(host->irqs);
}

void host_new_domain(struct host *host)
{
	/*
	 * A message can outlive its irq (R80), and the slot may belong to another vector by then,
	 * which on a real host would get it. Here it is dropped, as it mostly is there.
	 */
	host->generation++;
}

struct host_irq *host_alloc_irq(struct host *host, struct msg_table *table, uint32_t vector)
{
	if (!host_available(host))
		return NULL;
	for (uint32_t i = host->hint; i < host->count; i++) {
		struct host_irq *irq = &host->irqs[i];

		if (irq->allocated)
			continue;
		host->hint = i + 1;
		if (host->used <= i)
			host->used = i + 1;
		host->held++;
		irq->allocated = true;
		irq->table = table;
		irq->vector = vector;
		lock_take(&irq->lock);
		lock_guards(&irq->lock);
		irq->generation = host->generation;
		lock_drop(&irq->lock);
		return irq;
	}
	return NULL;
}

void host_release_irq(struct host *host, struct host_irq *irq)
{
	uint32_t slot = host_irq_slot(host, irq);

	host->held--;
	irq->allocated = false;
	if (slot < host->hint)
		host->hint = slot;
}

uint32_t host_irq_slot(const struct host *host, const struct host_irq *irq)
{
	return (uint32_t)(irq - host->irqs);
}

uint32_t host_irq_number(const struct host *host, const struct host_irq *irq)
{
	return HOST_IRQ_BASE + host_irq_slot(host, irq);
}

struct msi_msg host_compose_msg(const struct host *host, const struct host_irq *irq)
{
	return (struct msi_msg){
		.address = (uint64_t)irq->generation << 32 | MSI_MSG_ADDRESS,
		.data = host_irq_slot(host, irq),
	};
}

void host_request_irq(struct host_irq *irq, irq_handler handler, void *data)
{
	PLANT_SEES(request_host_irq, irq->table->host, irq);
	lock_take(&irq->lock);
	irq->handler = handler;
	irq->data = data;
	lock_guards(&irq->lock);
	bitmap_set(irq->table->handled, irq->vector);
	lock_drop(&irq->lock);
	msg_table_unmask(irq->table, irq->vector);
}

void host_free_irq(struct host_irq *irq)
{
	if (PLANT(free_host_irq, irq->table->host, irq))
		return;
	/*
	 * Mask first: what fires from here on is pended and replayed by the next request (P8). What
	 * left the function before and comes after the handler is gone is lost (R80).
	 */
	msg_table_mask(irq->table, irq->vector);
	lock_take(&irq->lock);
	irq->handler = NULL;
	irq->data = NULL;
	lock_guards(&irq->lock);
	bitmap_clear(irq->table->handled, irq->vector);
	lock_drop(&irq->lock);
}

void host_deliver(struct host *host, struct msi_msg msg)
{
	struct host_irq *irq;

	if (msg.data >= host->count) {
		/* Relaxed: a statistic, it orders nothing. */
		atomic_fetch_add_explicit(&host->dropped, 1, memory_order_relaxed);
		return;
	}

	irq = &host->irqs[msg.data];
	lock_take(&irq->lock);
	lock_guards(&irq->lock);
	if (irq->handler && irq->generation == msg.address >> 32) {
		irq->sent++;
		lock_step();
		irq->handler(irq->data);
	} else {
		atomic_fetch_add_explicit(&host->dropped, 1, memory_order_relaxed);
	}
	lock_drop(&irq->lock);
}

void host_forget_stats(struct host *host)
{
	for (uint32_t i = 0; i < host->used; i++)
		host->irqs[i].sent = 0;
	host->used = 0;
	atomic_store_explicit(&host->dropped, 0, memory_order_relaxed);
}

void host_stats(struct host *host, uint64_t *sent, uint64_t *dropped)
{
	*sent = 0;
	*dropped = atomic_load_explicit(&host->dropped, memory_order_relaxed);
	for (uint32_t i = 0; i < host->count; i++) {
		struct host_irq *irq = &host->irqs[i];

		lock_take(&irq->lock);
		*sent += irq->sent;
		lock_drop(&irq->lock);
	}
}
