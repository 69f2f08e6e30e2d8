/* SPDX-License-Identifier: MIT */
/*
 * function: the PCIe function's half of message delivery: a table of messages with mask and pending
 * bits, an Enable bit and a Function Mask, and the device inside that fires vectors. MSI-X is such
 * a table; MSI is one whose entries cannot be masked and that answers for as many vectors as were
 * enabled.
 *
 * Locks: one a table entry, never held while a message is delivered. Everything but a fire is done
 * by one thread at a time (igate). What breaks a rule of PCI is noted (breach.h). The control word
 * is atomic: whoever changes it stores it and then looks at the pending bits, and a fire that
 * pended looks at the control word again, so that one of the two sees the other.
 */
#ifndef IRQSTORM_EMULATOR_FUNCTION_H
#define IRQSTORM_EMULATOR_FUNCTION_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "emulator/bitmap.h"
#include "emulator/breach.h"
#include "emulator/irq.h"
#include "support/spin.h"

/* The control word: Message Control of the capability, and the power state. */
#define MSG_CTRL_ENABLE  0x1u
#define MSG_CTRL_MASKALL 0x2u
#define MSG_CTRL_OFF     0x4u /* D3hot: raises nothing, and writes to the table are lost (R61) */
#define MSG_CTRL_LIMIT_SHIFT                                                                       \
	8 /* vectors below this value may send: MSI's Multiple Message Enable */

struct msg_entry {
	alignas(CACHE_LINE) struct spin lock;
	bool masked;
	bool pending;
	bool held;           /* under a scheduler: the lock (lock.h) */
	bool foreign;        /* msg is not the kernel's: it was scribbled */
	struct msi_msg msg;  /* in the table */
	struct msi_msg send; /* what is sent: msg, or what msg was at the last unmask (P2) */
	uint64_t dropped;    /* fires with nowhere to go */
	uint64_t pended;     /* fires that set the pending bit */
	uint64_t coalesced;  /* fires that found it set */
};

static inline void entry_lock_at(struct msg_entry *entry, const char *where)
{
	if (__builtin_expect(lock_scheduler() != NULL, 0))
		lock_flag_take(&entry->held, where);
	else if (!lock_thread.alone)
		spin_lock(&entry->lock);
}

static inline void entry_unlock_at(struct msg_entry *entry, const char *where)
{
	if (__builtin_expect(lock_scheduler() != NULL, 0))
		lock_flag_drop(&entry->held, where);
	else if (!lock_thread.alone)
		spin_unlock(&entry->lock);
}

#define entry_lock(entry)   entry_lock_at((entry), __func__)
#define entry_unlock(entry) entry_unlock_at((entry), __func__)
#define entry_guards(entry) lock_flag_guards(&(entry)->held, __func__)

struct msg_stats {
	uint64_t dropped, pended, coalesced;
	uint32_t pending; /* bits set now */
};

struct msg_table {
	struct msg_entry *entries;
	uint32_t count, capacity;
	bool maskable;    /* entries have a mask bit */
	bool cached;      /* messages are read at unmask only (P2) */
	bool pba_cleared; /* pending bits do not survive Enable going 0 */
	struct host *host;
	struct breach_log *breaches;   /* NULL: nobody keeps them */
	const struct msg_table *other; /* the other one of MSI and MSI-X, or NULL */
	struct msg_stats gone;         /* of entries that a smaller table has no more */
	/* No vector from here on has been fired: entries up to capacity are as after reset there.
	 */
	_Atomic uint32_t reached;
	uint64_t unmasked[BITMAP_WORDS]; /* mask bit is 0; for a maskable table */
	uint64_t written[BITMAP_WORDS];  /* message is not as after reset */
	uint64_t handled[BITMAP_WORDS];  /* its host irq has a handler (irq.c), for oracles */
	alignas(CACHE_LINE) _Atomic uint32_t control; /* read by every fire, written by igate */
	_Atomic uint64_t pended[BITMAP_WORDS];        /* pending bits, for walks */
};

int msg_table_init(struct msg_table *table, struct host *host, uint32_t count, bool maskable);
void msg_table_fini(struct msg_table *table);
/*
 * @count entries from now on, new ones as after reset; those that go must be, too. No fire may run.
 */
int msg_table_resize(struct msg_table *table, uint32_t count);
/* The same, and no fire was ever counted. */
int msg_table_renew(struct msg_table *table, uint32_t count);

/* The device raises @vector (below count). Any thread. */
void msg_table_fire(struct msg_table *table, uint32_t vector);

/* Enable for vectors below @limit, with the Function Mask as given. */
void msg_table_enable(struct msg_table *table, uint32_t limit, bool maskall);
void msg_table_disable(struct msg_table *table);
void msg_table_set_maskall(struct msg_table *table, bool maskall);
void msg_table_set_limit(struct msg_table *table, uint32_t limit);
void msg_table_set_power(struct msg_table *table, bool on);

/*
 * Writes by the kernel: lost when there is no power. It masks an entry before it writes its
 * message: what may send meanwhile is a breach (P1).
 */
void msg_table_write(struct msg_table *table, uint32_t vector, const struct msi_msg *msg);
void msg_table_mask(struct msg_table *table, uint32_t vector);
void msg_table_unmask(struct msg_table *table, uint32_t vector);
void msg_table_mask_all_entries(struct msg_table *table);

/* As after reset, but for the control word: messages 0, mask bits 1, nothing pending. */
void msg_table_reset_entries(struct msg_table *table);
/* Mask bits 0, of a table that is as after reset and not enabled. No fire may run. */
void msg_table_open_entries(struct msg_table *table);
/* A message that leads nowhere, written past the kernel; the mask bit stays. */
void msg_table_scribble(struct msg_table *table, uint32_t vector);

/* The control word: MSG_CTRL_* */
static inline uint32_t msg_table_control(const struct msg_table *table)
{
	return atomic_load_explicit(&table->control, memory_order_relaxed);
}

void msg_table_entry_state(struct msg_table *table, uint32_t vector, bool *masked, bool *pending);
/* Of the first 64, a bit each, from the entries themselves. While nothing else runs. */
void msg_table_entry_bits(const struct msg_table *table, uint64_t *unmasked, uint64_t *pending);
void msg_table_stats(struct msg_table *table, struct msg_stats *stats);

#endif
