/* SPDX-License-Identifier: MIT */
/*
 * function: see function.h. Owns the table entries and the control word, and decides for each fire
 * whether a message leaves the function, is pended, or has nowhere to go.
 */
#include "emulator/function.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int msg_table_init(struct msg_table *table, struct host *host, uint32_t count, bool maskable,
		   bool pba_cleared)
{
	memset(table, 0, sizeof(*table));
	table->maskable = maskable;
	table->pba_cleared = pba_cleared;
	table->host = host;
	if (!count)
		return 0;

	table->entries = aligned_alloc(alignof(struct msg_entry), count * sizeof(*table->entries));
	if (!table->entries)
		return -ENOMEM;
	memset(table->entries, 0, count * sizeof(*table->entries));
	for (uint32_t v = 0; v < count; v++)
		table->entries[v].masked = maskable; /* P6: mask bits reset to 1 */
	table->count = count;
	return 0;
}

void msg_table_fini(struct msg_table *table)
{
	free(table->entries);
}

static uint32_t control_read(const struct msg_table *table)
{
	/*
	 * Relaxed: a writer stores the word and then takes every entry lock. Under that lock a fire
	 * therefore either sees the store, or its pending bit is seen by the walk that follows it.
	 */
	return atomic_load_explicit(&table->control, memory_order_relaxed);
}

static bool control_enabled(uint32_t control, uint32_t vector)
{
	return (control & MSG_CTRL_ENABLE) && vector < control >> MSG_CTRL_LIMIT_SHIFT;
}

static bool entry_may_send(const struct msg_entry *entry, uint32_t control, uint32_t vector)
{
	return control_enabled(control, vector) && !(control & MSG_CTRL_MASKALL) && !entry->masked;
}

void msg_table_fire(struct msg_table *table, uint32_t vector)
{
	struct msg_entry *entry = &table->entries[vector];
	bool send = false;
	struct msi_msg msg;
	uint32_t control;

	spin_lock(&entry->lock);
	control = control_read(table);
	if (entry_may_send(entry, control, vector)) {
		msg = entry->msg;
		send = true;
	} else if (!control_enabled(control, vector)) {
		entry->dropped++;
	} else if (entry->pending) {
		entry->coalesced++; /* P3: any number of events while masked become one message */
	} else {
		entry->pending = true;
		entry->pended++;
	}
	spin_unlock(&entry->lock);

	/* The message is on the bus: what happens to the entry now no longer concerns it (R80). */
	if (send)
		host_deliver(table->host, msg);
}

/* Something that held @vector back is gone: send what it pended (P3, P5). */
static void entry_replay(struct msg_table *table, uint32_t vector)
{
	struct msg_entry *entry = &table->entries[vector];
	bool send = false;
	struct msi_msg msg;

	spin_lock(&entry->lock);
	if (entry->pending && entry_may_send(entry, control_read(table), vector)) {
		entry->pending = false;
		msg = entry->msg;
		send = true;
	}
	spin_unlock(&entry->lock);

	if (send)
		host_deliver(table->host, msg);
}

static void control_write(struct msg_table *table, uint32_t control)
{
	/* Relaxed: see control_read(); the entry locks taken next order it. */
	atomic_store_explicit(&table->control, control, memory_order_relaxed);
}

static void replay_all(struct msg_table *table)
{
	for (uint32_t v = 0; v < table->count; v++)
		entry_replay(table, v);
}

void msg_table_enable(struct msg_table *table, uint32_t limit, bool maskall)
{
	control_write(table, MSG_CTRL_ENABLE | (maskall ? MSG_CTRL_MASKALL : 0) |
				     limit << MSG_CTRL_LIMIT_SHIFT);
	if (!maskall)
		replay_all(table);
}

void msg_table_set_maskall(struct msg_table *table, bool maskall)
{
	uint32_t control = control_read(table);

	/* No walk when it is set: a fire that saw the old word has sent its message. */
	if (maskall) {
		control_write(table, control | MSG_CTRL_MASKALL);
	} else {
		control_write(table, control & ~MSG_CTRL_MASKALL);
		replay_all(table);
	}
}

void msg_table_disable(struct msg_table *table)
{
	control_write(table, 0);
	if (!table->pba_cleared)
		return;

	for (uint32_t v = 0; v < table->count; v++) {
		struct msg_entry *entry = &table->entries[v];

		spin_lock(&entry->lock);
		if (entry->pending) {
			entry->pending = false;
			entry->pended--;
			entry->dropped++;
		}
		spin_unlock(&entry->lock);
	}
}

void msg_table_write(struct msg_table *table, uint32_t vector, const struct msi_msg *msg)
{
	struct msg_entry *entry = &table->entries[vector];

	/* P10 masks the entry around the write, so that no torn message leaves: the lock does. */
	spin_lock(&entry->lock);
	entry->msg = *msg;
	spin_unlock(&entry->lock);
}

void msg_table_mask(struct msg_table *table, uint32_t vector)
{
	struct msg_entry *entry = &table->entries[vector];

	if (!table->maskable)
		return;
	spin_lock(&entry->lock);
	entry->masked = true;
	spin_unlock(&entry->lock);
}

void msg_table_unmask(struct msg_table *table, uint32_t vector)
{
	struct msg_entry *entry = &table->entries[vector];

	if (!table->maskable)
		return;
	spin_lock(&entry->lock);
	entry->masked = false;
	spin_unlock(&entry->lock);
	entry_replay(table, vector);
}

void msg_table_mask_all_entries(struct msg_table *table)
{
	for (uint32_t v = 0; v < table->count; v++)
		msg_table_mask(table, v);
}

void msg_table_entry_state(struct msg_table *table, uint32_t vector, bool *masked, bool *pending)
{
	struct msg_entry *entry = &table->entries[vector];

	spin_lock(&entry->lock);
	*masked = entry->masked;
	*pending = entry->pending;
	spin_unlock(&entry->lock);
}

void msg_table_stats(struct msg_table *table, struct msg_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	for (uint32_t v = 0; v < table->count; v++) {
		struct msg_entry *entry = &table->entries[v];

		spin_lock(&entry->lock);
		stats->dropped += entry->dropped;
		stats->pended += entry->pended;
		stats->coalesced += entry->coalesced;
		stats->pending += entry->pending;
		spin_unlock(&entry->lock);
	}
}
