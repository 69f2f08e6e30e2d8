/* SPDX-License-Identifier: MIT */
/*
 * rule: the rules of docs/rules.md that the model decides, by number. The model counts each
 * decision, so that a run can tell which rules it exercised.
 */
#ifndef IRQSTORM_MODEL_RULE_H
#define IRQSTORM_MODEL_RULE_H

#include <stdint.h>

#define RULES_R 80 /* R1..R80 */
#define RULES_P 16 /* P1..P16 */
#define RULES   (RULES_R + RULES_P)

#define R(n) ((n)-1u)
#define P(n) (RULES_R + (n)-1u)

/*
 * What a rule decides about. The rule counted last in a step is rarely the one that says what the
 * call returns, so each of these has its own: the last one that decided it.
 */
enum ruled {
	RULED_RETURN, /* of this step; the others may be of an earlier one */
	RULED_COUNTER,
	RULED_ACTIVE,
	RULED_ALLOCATED,
	RULED_TYPE,
	RULED_MASKED,  /* INTX */
	RULED_ENTRIES, /* mask and pending bits of the MSI-X table */
	RULED_PRODUCERS,
	RULED_CONTROL, /* Message Control */
	RULED_ASPECTS,
};

struct rule_counts {
	uint64_t n[RULES];
	uint32_t last; /* the rule counted last, plus 1; 0 since the reader set it so */
	uint32_t by[RULED_ASPECTS]; /* likewise, of what each decided */
	uint32_t failed;            /* the vector at which the last set failed, plus 1 */
};

/* "R25", "P8". Returns @buf of at least 8 bytes. */
const char *rule_name(uint32_t rule, char *buf);

#endif
