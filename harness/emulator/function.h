/* SPDX-License-Identifier: MIT */
/*
 * function: the PCIe function's half of message delivery: a table of messages with mask and pending
 * bits, an Enable bit and a Function Mask, and the device inside that fires vectors. MSI-X is such
 * a table; MSI is one whose entries cannot be masked and that answers for as many vectors as were
 * enabled.
 *
 * Locks: one a table entry, never held while a message is delivered. The control word is atomic and
 * is written by one thread at a time (igate); whoever changes it stores it first and takes every
 * entry lock afterwards, so that a fire either saw the new word or left its pending bit for the
 * walk.
 */
#ifndef IRQSTORM_EMULATOR_FUNCTION_H
#define IRQSTORM_EMULATOR_FUNCTION_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "emulator/irq.h"
#include "support/spin.h"

/* The control word: Message Control of the capability. */
#define MSG_CTRL_ENABLE  0x1u
#define MSG_CTRL_MASKALL 0x2u
#define MSG_CTRL_LIMIT_SHIFT                                                                       \
	8 /* vectors below this value may send: MSI's Multiple Message Enable */

struct msg_entry {
	alignas(CACHE_LINE) struct spin lock;
	struct msi_msg msg;
	bool masked;
	bool pending;
	uint64_t dropped;   /* fires with nowhere to go */
	uint64_t pended;    /* fires that set the pending bit */
	uint64_t coalesced; /* fires that found it set */
};

struct msg_table {
	struct msg_entry *entries;
	uint32_t count;
	bool maskable;    /* entries have a mask bit */
	bool pba_cleared; /* pending bits do not survive Enable going 0 */
	struct host *host;
	alignas(CACHE_LINE) _Atomic uint32_t control; /* read by every fire, written by igate */
};

struct msg_stats {
	uint64_t dropped, pended, coalesced;
	uint32_t pending; /* bits set now */
};

int msg_table_init(struct msg_table *table, struct host *host, uint32_t count, bool maskable,
		   bool pba_cleared);
void msg_table_fini(struct msg_table *table);

/* The device raises @vector (below count). Any thread. */
void msg_table_fire(struct msg_table *table, uint32_t vector);

/* Enable for vectors below @limit, with the Function Mask as given. */
void msg_table_enable(struct msg_table *table, uint32_t limit, bool maskall);
void msg_table_disable(struct msg_table *table);
void msg_table_set_maskall(struct msg_table *table, bool maskall);

void msg_table_write(struct msg_table *table, uint32_t vector, const struct msi_msg *msg);
void msg_table_mask(struct msg_table *table, uint32_t vector);
void msg_table_unmask(struct msg_table *table, uint32_t vector);
void msg_table_mask_all_entries(struct msg_table *table);

void msg_table_entry_state(struct msg_table *table, uint32_t vector, bool *masked, bool *pending);
void msg_table_stats(struct msg_table *table, struct msg_stats *stats);

#endif
