/* SPDX-License-Identifier: MIT */
/*
 * function: see function.h. Owns what the entries and the control word mean: decides for each fire
 * whether a message leaves the function, is pended, or has nowhere to go.
 */
#include "emulator/function.h"

#include "emulator/plant.h"

static uint32_t control_read(const struct msg_table *table)
{
	return msg_table_control(table);
}

static void control_write(struct msg_table *table, uint32_t control)
{
	if (control == control_read(table))
		return; /* only igate writes it, and nobody has anything new to see */
	/* seq_cst, as are the pending bits and the second look of a fire: see function.h. */
	atomic_store(&table->control, control);
}

static bool control_enabled(uint32_t control, uint32_t vector)
{
	return (control & MSG_CTRL_ENABLE) && vector < control >> MSG_CTRL_LIMIT_SHIFT;
}

static bool entry_may_send(const struct msg_entry *entry, uint32_t control, uint32_t vector)
{
	return control_enabled(control, vector) && !(control & (MSG_CTRL_MASKALL | MSG_CTRL_OFF)) &&
	       !entry->masked;
}

static void note(const struct msg_table *table, enum breach_rule rule, bool by_kernel,
		 uint32_t vector)
{
	if (table->breaches)
		breach_note(table->breaches, rule, by_kernel, vector);
}

/* P1: the message of an entry is about to change. Under its lock. */
static void check_masked(const struct msg_table *table, uint32_t vector, bool by_kernel)
{
	entry_guards(&table->entries[vector]);
	if (table->maskable && entry_may_send(&table->entries[vector], control_read(table), vector))
		note(table, BREACH_P1, by_kernel, vector);
}

/* What the entry sends now. P2: that need not be what the table says. Under its lock. */
static struct msi_msg message(const struct msg_table *table, uint32_t vector)
{
	const struct msg_entry *entry = &table->entries[vector];

	if (table->cached &&
	    (entry->send.data != entry->msg.data || entry->send.address != entry->msg.address))
		note(table, BREACH_P2, !entry->foreign, vector);
	return entry->send;
}

/* Under the entry's lock, both. */
static void set_pending(struct msg_table *table, uint32_t vector)
{
	entry_guards(&table->entries[vector]);
	table->entries[vector].pending = true;
	atomic_fetch_or(&table->pended[vector / 64], UINT64_C(1) << vector % 64);
}

static void clear_pending(struct msg_table *table, uint32_t vector)
{
	entry_guards(&table->entries[vector]);
	table->entries[vector].pending = false;
	atomic_fetch_and(&table->pended[vector / 64], ~(UINT64_C(1) << vector % 64));
}

/* A pending bit that no message will follow. Under the entry's lock. */
static void forget_pending(struct msg_table *table, uint32_t vector)
{
	struct msg_entry *entry = &table->entries[vector];

	if (!entry->pending)
		return;
	clear_pending(table, vector);
	entry->pended--;
	entry->dropped++;
}

/*
 * The fire is held back. True: the control word has changed since, whoever changed it may have
 * walked past, and the message goes out now.
 */
static bool entry_pend(struct msg_table *table, uint32_t vector)
{
	struct msg_entry *entry = &table->entries[vector];
	uint32_t control;

	if (PLANT(entry_pend, table->host, table, vector))
		return false;
	if (entry->pending) {
		entry->coalesced++; /* P3: any number of events while masked become one message */
		return false;
	}
	lock_step();
	set_pending(table, vector);
	entry->pended++;
	lock_step();
	control = atomic_load(&table->control);
	if (entry_may_send(entry, control, vector)) {
		clear_pending(table, vector);
		return true;
	}
	if (table->pba_cleared && !control_enabled(control, vector))
		forget_pending(table, vector);
	return false;
}

/* Raises table->reached; a store only at the first fire of a vector. */
static void reach(struct msg_table *table, uint32_t vector)
{
	uint32_t old = atomic_load_explicit(&table->reached, memory_order_relaxed);

	while (old <= vector &&
	       !atomic_compare_exchange_weak_explicit(&table->reached, &old, vector + 1,
						      memory_order_relaxed, memory_order_relaxed))
		;
}

void msg_table_fire(struct msg_table *table, uint32_t vector)
{
	struct msg_entry *entry = &table->entries[vector];
	bool send = false;
	struct msi_msg msg;
	uint32_t control;

	reach(table, vector);
	entry_lock(entry);
	control = control_read(table);
	lock_step();
	if (entry_may_send(entry, control, vector))
		send = true;
	else if (!control_enabled(control, vector) || (control & MSG_CTRL_OFF))
		entry->dropped++;
	else
		send = entry_pend(table, vector);
	if (send)
		msg = message(table, vector);
	entry_unlock(entry);

	/* The message is on the bus: what happens to the entry now no longer concerns it (R80). */
	if (send)
		host_send(table->host, msg);
}

/* Something that held @vector back is gone: send what it pended (P3, P5). */
static void entry_replay(struct msg_table *table, uint32_t vector)
{
	struct msg_entry *entry = &table->entries[vector];
	bool send = false;
	struct msi_msg msg;

	entry_lock(entry);
	if (entry->pending && entry_may_send(entry, control_read(table), vector)) {
		clear_pending(table, vector);
		msg = message(table, vector);
		send = true;
	}
	entry_unlock(entry);

	if (send)
		host_deliver(table->host, msg);
}

static void replay_all(struct msg_table *table)
{
	for (uint32_t w = 0; w < bitmap_words(table->count); w++) {
		uint64_t pended = atomic_load(&table->pended[w]);

		while (pended)
			entry_replay(table, 64 * w + bitmap_pop(&pended));
	}
}

static void forget_all(struct msg_table *table)
{
	for (uint32_t w = 0; w < bitmap_words(table->count); w++) {
		uint64_t pended = atomic_load(&table->pended[w]);

		while (pended) {
			uint32_t v = 64 * w + bitmap_pop(&pended);

			entry_lock(&table->entries[v]);
			forget_pending(table, v);
			entry_unlock(&table->entries[v]);
		}
	}
}

/* What Enable with @limit breaks. */
static void check_enable(const struct msg_table *table, uint32_t limit)
{
	uint32_t control = control_read(table);

	if (table->other && (control_read(table->other) & MSG_CTRL_ENABLE))
		note(table, BREACH_P6, true, 0);
	if (!table->maskable && (control & MSG_CTRL_ENABLE) &&
	    limit != control >> MSG_CTRL_LIMIT_SHIFT)
		note(table, BREACH_P7, true, 0);
}

void msg_table_enable(struct msg_table *table, uint32_t limit, bool maskall)
{
	check_enable(table, limit);
	control_write(table, (control_read(table) & MSG_CTRL_OFF) | MSG_CTRL_ENABLE |
				     (maskall ? MSG_CTRL_MASKALL : 0) |
				     limit << MSG_CTRL_LIMIT_SHIFT);
	if (!maskall)
		replay_all(table);
}

void msg_table_set_limit(struct msg_table *table, uint32_t limit)
{
	check_enable(table, limit);
	control_write(table, (control_read(table) & ((1u << MSG_CTRL_LIMIT_SHIFT) - 1)) |
				     limit << MSG_CTRL_LIMIT_SHIFT);
}

/* P2: the function takes in the messages of entries that are about to be exposed. */
static void latch_unmasked(struct msg_table *table)
{
	for (uint32_t w = 0; w < bitmap_words(table->count); w++) {
		uint64_t unmasked = table->unmasked[w];

		while (unmasked) {
			struct msg_entry *entry = &table->entries[64 * w + bitmap_pop(&unmasked)];

			entry_lock(entry);
			entry->send = entry->msg;
			entry_unlock(entry);
		}
	}
}

void msg_table_set_maskall(struct msg_table *table, bool maskall)
{
	uint32_t control = control_read(table);

	/* No walk when it is set: a fire that saw the old word has sent its message. */
	if (maskall) {
		control_write(table, control | MSG_CTRL_MASKALL);
		return;
	}
	if (table->cached && (control & MSG_CTRL_MASKALL))
		latch_unmasked(table);
	control_write(table, control & ~MSG_CTRL_MASKALL);
	replay_all(table);
}

void msg_table_disable(struct msg_table *table)
{
	control_write(table, control_read(table) & MSG_CTRL_OFF);
	if (PLANT(table_disable, table->host, table) || table->pba_cleared)
		forget_all(table);
}

void msg_table_set_power(struct msg_table *table, bool on)
{
	uint32_t control = control_read(table);

	control_write(table, on ? control & ~MSG_CTRL_OFF : control | MSG_CTRL_OFF);
}

static bool write_lost(const struct msg_table *table, uint32_t vector)
{
	if (__builtin_expect(!(control_read(table) & MSG_CTRL_OFF), 1))
		return false;
	if (table->maskable) /* MSI's message is in config space, which answers in D3hot */
		note(table, BREACH_R61, true, vector);
	return true;
}

void msg_table_write(struct msg_table *table, uint32_t vector, const struct msi_msg *msg)
{
	struct msg_entry *entry = &table->entries[vector];

	if (write_lost(table, vector))
		return;
	/*
	 * P10 masks the entry around the write, so that no torn message leaves: the lock does. An
	 * entry that was unmasked is so again afterwards, and its message taken in. But vfio has
	 * none to write that is: free_irq masked it.
	 */
	entry_lock(entry);
	check_masked(table, vector, true);
	entry->msg = *msg;
	entry->foreign = false;
	if (!table->cached || !entry->masked)
		entry->send = *msg;
	entry_unlock(entry);
	bitmap_set(table->written, vector);
}

void msg_table_mask(struct msg_table *table, uint32_t vector)
{
	struct msg_entry *entry = &table->entries[vector];

	if (!table->maskable || write_lost(table, vector))
		return;
	entry_lock(entry);
	entry->masked = true;
	entry_unlock(entry);
	bitmap_clear(table->unmasked, vector);
}

void msg_table_unmask(struct msg_table *table, uint32_t vector)
{
	struct msg_entry *entry = &table->entries[vector];

	if (!table->maskable || write_lost(table, vector))
		return;
	entry_lock(entry);
	if (entry->masked)
		entry->send = entry->msg; /* P2 */
	entry->masked = false;
	entry_unlock(entry);
	bitmap_set(table->unmasked, vector);
	entry_replay(table, vector);
}

void msg_table_mask_all_entries(struct msg_table *table)
{
	for (uint32_t w = 0; w < bitmap_words(table->count); w++) {
		uint64_t unmasked = table->unmasked[w];

		while (unmasked)
			msg_table_mask(table, 64 * w + bitmap_pop(&unmasked));
	}
}

void msg_table_open_entries(struct msg_table *table)
{
	for (uint32_t v = 0; v < table->count; v++) {
		table->entries[v].masked = false;
		bitmap_set(table->unmasked, v);
	}
}

/* Under a scheduler: nobody is in the middle of an entry. The walk that follows has no places. */
static void settle(const struct msg_table *table)
{
	for (uint32_t v = 0; lock_scheduler() && v < table->count; v++) {
		if (!table->entries[v].held)
			continue;
		lock_wait(__func__);
		v = UINT32_MAX; /* once more, from the first */
	}
}

void msg_table_reset_entries(struct msg_table *table)
{
	settle(table);
	for (uint32_t w = 0; w < bitmap_words(table->count); w++) {
		uint64_t changed =
			table->written[w] | table->unmasked[w] | atomic_load(&table->pended[w]);

		while (changed) {
			uint32_t v = 64 * w + bitmap_pop(&changed);
			struct msg_entry *entry = &table->entries[v];

			entry_lock(entry);
			forget_pending(table, v);
			entry->masked = table->maskable;
			entry->msg = entry->send = (struct msi_msg){0};
			entry->foreign = false;
			entry_unlock(entry);
		}
		table->written[w] = table->unmasked[w] = 0;
	}
}

void msg_table_scribble(struct msg_table *table, uint32_t vector)
{
	struct msg_entry *entry = &table->entries[vector];

	entry_lock(entry);
	check_masked(table, vector, false);
	entry->foreign = true;
	entry->msg = (struct msi_msg){.address = MSI_MSG_ADDRESS, .data = MSI_MSG_NOWHERE};
	if (!table->cached)
		entry->send = entry->msg;
	entry_unlock(entry);
	bitmap_set(table->written, vector);
}
