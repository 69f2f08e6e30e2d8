/* SPDX-License-Identifier: MIT */
/*
 * finding_key: the name that a finding keeps from run to run, from seed to seed, and while its
 * program shrinks: oracle, rule and operation, as in
 *
 *	return:R53:set_irqs/msix/trigger/eventfd
 *
 * The oracle is what was compared, the rule that of what differs: by which the model decided it
 * ("-" for none). The operation is its kind and, of SET_IRQS, index, action and data type. No
 * numbers of vectors, slots or items: two findings of one key are most likely one bug. Thread-safe.
 */
#ifndef IRQSTORM_EXEC_FINDING_KEY_H
#define IRQSTORM_EXEC_FINDING_KEY_H

#include "program/program.h"

#define FINDING_KEY_MAX   96u
#define FINDING_SENSE_MAX 96u

/* Why a program stopped: what the oracle compared. */
enum difference {
	DIFF_NONE,
	DIFF_RETURN,    /* return value of an operation */
	DIFF_INFO,      /* GET_IRQ_INFO */
	DIFF_WRITTEN,   /* a call wrote to the caller's memory what it must not */
	DIFF_VALUE,     /* what a read showed */
	DIFF_COUNTER,   /* an eventfd counted too few or too many signals */
	DIFF_ACTIVE,    /* C */
	DIFF_ALLOCATED, /* A */
	DIFF_TYPE,      /* the enabled index */
	DIFF_REFERENCES,
	DIFF_PRODUCERS,
	DIFF_MASKED,   /* the mask bit of INTX, or of an entry of the MSI-X table */
	DIFF_CONTROL,  /* Message Control of MSI or MSI-X */
	DIFF_EXPECT,   /* an `expect` line of the program itself */
	DIFF_PCI_RULE, /* the kernel's half broke a rule of PCI (emulator/breach.h) */
	DIFF_STEP,     /* in the middle of a call something did not hold (exec/step_watch.h) */
	DIFF_MISUSE,   /* an eventfd was used that no reference is held on */
	DIFF_CRASH,    /* the emulator died, or a sanitizer ended it */
	DIFF_HANG,     /* it never came back */
};
const char *difference_name(enum difference d);

struct rule_counts;

/*
 * The rule, plus 1, that says what @d compares, after the step that @c was counted in; 0: none.
 * @sense: of the difference (struct exec_result). @vector: the first that differs, or UINT32_MAX.
 */
uint32_t finding_rule(enum difference d, const char *sense, const struct rule_counts *c,
		      uint32_t vector);

/*
 * @rule: as finding_rule() has it. @op: the operation after which it was seen, of an `expect` the
 * one before it; NULL: when the program was over.
 */
void finding_key(enum difference d, uint32_t rule, const struct op *op, char key[FINDING_KEY_MAX]);

#endif
