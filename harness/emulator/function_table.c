/* SPDX-License-Identifier: MIT */
/*
 * function_table: see function.h. Owns the memory of a table: how many entries there are, what they
 * are at first, and the counters of those that are gone. What an entry does is in function.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/function.h"

/* Entries @from to @to as after reset. */
static void entries_init(struct msg_table *table, uint32_t from, uint32_t to)
{
	if (from >= to)
		return;
	memset(table->entries + from, 0, (to - from) * sizeof(*table->entries));
	for (uint32_t v = from; v < to; v++)
		table->entries[v].masked = table->maskable; /* P6: mask bits reset to 1 */
}

int msg_table_init(struct msg_table *table, struct host *host, uint32_t count, bool maskable)
{
	memset(table, 0, sizeof(*table));
	table->maskable = maskable;
	table->host = host;
	return msg_table_resize(table, count);
}

void msg_table_fini(struct msg_table *table)
{
	free(table->entries);
}

static void add_stats(struct msg_stats *stats, const struct msg_entry *entry)
{
	stats->dropped += entry->dropped;
	stats->pended += entry->pended;
	stats->coalesced += entry->coalesced;
	stats->pending += entry->pending;
}

static uint32_t reached(struct msg_table *table)
{
	return atomic_load_explicit(&table->reached, memory_order_relaxed);
}

/* The counters of entries from @from on, which are 0 again afterwards. */
static void forget_stats(struct msg_table *table, uint32_t from, struct msg_stats *stats)
{
	for (uint32_t v = from; v < reached(table); v++) {
		struct msg_entry *entry = &table->entries[v];

		add_stats(stats, entry);
		entry->dropped = entry->pended = entry->coalesced = 0;
	}
	if (from < reached(table))
		atomic_store_explicit(&table->reached, from, memory_order_relaxed);
}

/* Room for @count entries; those that there was none for are as after reset. */
static int grow(struct msg_table *table, uint32_t count)
{
	struct msg_entry *entries;

	if (count <= table->capacity)
		return 0;
	entries = aligned_alloc(alignof(struct msg_entry), count * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	if (table->capacity)
		memcpy(entries, table->entries, table->capacity * sizeof(*entries));
	free(table->entries);
	table->entries = entries;
	entries_init(table, table->capacity, count);
	table->capacity = count;
	return 0;
}

int msg_table_resize(struct msg_table *table, uint32_t count)
{
	int err = grow(table, count);

	if (err)
		return err;
	forget_stats(table, count, &table->gone);
	table->count = count;
	return 0;
}

int msg_table_renew(struct msg_table *table, uint32_t count)
{
	forget_stats(table, 0, &table->gone);
	memset(&table->gone, 0, sizeof(table->gone));
	return msg_table_resize(table, count);
}

void msg_table_entry_state(struct msg_table *table, uint32_t vector, bool *masked, bool *pending)
{
	struct msg_entry *entry = &table->entries[vector];

	entry_lock(entry);
	*masked = entry->masked;
	*pending = entry->pending;
	entry_unlock(entry);
}

void msg_table_entry_bits(const struct msg_table *table, uint64_t *unmasked, uint64_t *pending)
{
	*unmasked = *pending = 0;
	for (uint32_t v = 0; v < table->count && v < 64; v++) {
		*unmasked |= (uint64_t)!table->entries[v].masked << v;
		*pending |= (uint64_t)table->entries[v].pending << v;
	}
}

void msg_table_stats(struct msg_table *table, struct msg_stats *stats)
{
	*stats = table->gone;
	for (uint32_t v = 0; v < table->count; v++) {
		struct msg_entry *entry = &table->entries[v];

		entry_lock(entry);
		add_stats(stats, entry);
		entry_unlock(entry);
	}
}
