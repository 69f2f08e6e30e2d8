/* SPDX-License-Identifier: MIT */
#include "exec/finding_key.h"

#include <stdio.h>
#include <string.h>

#include "model/rule.h"
#include "program/text.h"

static const char *const names[] = {
	[DIFF_NONE] = "none",
	[DIFF_RETURN] = "return",
	[DIFF_INFO] = "irq_info",
	[DIFF_WRITTEN] = "written",
	[DIFF_VALUE] = "value",
	[DIFF_COUNTER] = "counter",
	[DIFF_ACTIVE] = "active",
	[DIFF_ALLOCATED] = "allocated",
	[DIFF_TYPE] = "type",
	[DIFF_REFERENCES] = "references",
	[DIFF_PRODUCERS] = "producers",
	[DIFF_MASKED] = "masked",
	[DIFF_CONTROL] = "control",
	[DIFF_EXPECT] = "expect",
	[DIFF_PCI_RULE] = "pci-rule",
	[DIFF_STEP] = "step",
	[DIFF_MISUSE] = "use-after-put",
	[DIFF_CRASH] = "crash",
	[DIFF_HANG] = "hang",
};

const char *difference_name(enum difference d)
{
	return names[d];
}

/* Of what each oracle compares; RULED_ASPECTS: as below. */
static const enum ruled aspects[] = {
	[DIFF_NONE] = RULED_ASPECTS,        [DIFF_RETURN] = RULED_RETURN,
	[DIFF_INFO] = RULED_ASPECTS,        [DIFF_WRITTEN] = RULED_ASPECTS,
	[DIFF_VALUE] = RULED_RETURN,        [DIFF_COUNTER] = RULED_COUNTER,
	[DIFF_ACTIVE] = RULED_ACTIVE,       [DIFF_ALLOCATED] = RULED_ALLOCATED,
	[DIFF_TYPE] = RULED_TYPE,           [DIFF_REFERENCES] = RULED_ASPECTS,
	[DIFF_PRODUCERS] = RULED_PRODUCERS, [DIFF_MASKED] = RULED_MASKED,
	[DIFF_CONTROL] = RULED_CONTROL,     [DIFF_EXPECT] = RULED_RETURN,
	[DIFF_PCI_RULE] = RULED_ASPECTS,    [DIFF_STEP] = RULED_ASPECTS,
	[DIFF_MISUSE] = RULED_ASPECTS,      [DIFF_CRASH] = RULED_RETURN,
	[DIFF_HANG] = RULED_RETURN,
};

uint32_t finding_rule(enum difference d, const char *sense, const struct rule_counts *c,
		      uint32_t vector)
{
	uint32_t rule = aspects[d] < RULED_ASPECTS ? c->by[aspects[d]] : 0;

	if (d == DIFF_INFO)
		return (strcmp(sense, "count") ? R(15) : R(16)) + 1;
	if (d == DIFF_REFERENCES || d == DIFF_MISUSE)
		return (c->by[RULED_TYPE] == R(21) + 1 ? R(21) : R(66)) + 1;
	/* R53 rolls back the others; the one that failed had lost its trigger before (R52). */
	if (d == DIFF_ACTIVE && rule == R(53) + 1 && vector + 1 == c->failed)
		return R(52) + 1;
	return rule ? rule : c->last;
}

void finding_key(enum difference d, uint32_t rule, const struct op *op, char key[FINDING_KEY_MAX])
{
	char operation[48], name[8];

	snprintf(key, FINDING_KEY_MAX, "%s:%s:%s", difference_name(d),
		 rule ? rule_name(rule - 1, name) : "-",
		 op ? text_op_class(op, operation, sizeof(operation)) : "end");
}
