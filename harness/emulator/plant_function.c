/* SPDX-License-Identifier: MIT */
/* plant_function: bugs of the table of messages and of host irqs, for function.c and irq.c. */
#include "emulator/planted.h"

/* B57: consumed, and nobody to tell. */
bool plant_entry_pend(struct host *host, struct msg_table *table, uint32_t vector)
{
	struct msg_entry *entry = &table->entries[vector];

	if (!ZOO_WHEN(host, B57, !entry->pending))
		return false;
	entry->dropped++;
	return true;
}

/* Z06: is there something to lose? */
bool plant_table_disable(struct host *host, const struct msg_table *table)
{
	if (!ZOO(host, Z06) || table->pba_cleared)
		return false;
	for (uint32_t w = 0; w < bitmap_words(table->count); w++) {
		if (!atomic_load(&table->pended[w]))
			continue;
		ZOO_TRIGGERED(host, Z06);
		return true;
	}
	return false;
}

/* Z31: the entry is unmasked first. What was pended before still waits for the handler. */
bool plant_request_host_irq(struct host *host, const struct host_irq *irq)
{
	bool masked, pending;

	if (!ZOO(host, Z31))
		return false;
	msg_table_entry_state(irq->table, irq->vector, &masked, &pending);
	if (pending)
		return false;
	ZOO_TRIGGERED(host, Z31);
	msg_table_unmask(irq->table, irq->vector);
	return false;
}

/*
 * Z32: the entry is masked when the handler is gone. B62: not at all. Z36: a handler that runs is
 * not waited for, which only under a scheduler is no race of this program's own.
 */
bool plant_free_host_irq(struct host *host, struct host_irq *irq)
{
	const char *where = "host_free_irq";
	bool late = ZOO_WHEN(host, Z32, irq->table->maskable);
	bool open = ZOO_WHEN(host, B62, irq->table->maskable);
	bool apart = lock_scheduler() && ZOO_WHEN(host, Z36, true);

	if (!late && !open && !apart)
		return false;
	if (!late && !open)
		msg_table_mask(irq->table, irq->vector);
	if (!apart)
		lock_take_at(&irq->lock, where);
	irq->handler = NULL;
	irq->data = NULL;
	lock_guards_at(&irq->lock, where);
	bitmap_clear(irq->table->handled, irq->vector);
	if (!apart)
		lock_drop_at(&irq->lock, where);
	if (late)
		msg_table_mask(irq->table, irq->vector);
	return true;
}
