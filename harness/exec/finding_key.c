/* SPDX-License-Identifier: MIT */
#include "exec/finding_key.h"

#include <stdio.h>

#include "model/rule.h"
#include "program/text.h"

static const char *const names[] = {
	[DIFF_NONE] = "none",           [DIFF_RETURN] = "return",
	[DIFF_INFO] = "irq_info",       [DIFF_WRITTEN] = "written",
	[DIFF_VALUE] = "value",         [DIFF_COUNTER] = "counter",
	[DIFF_ACTIVE] = "active",       [DIFF_ALLOCATED] = "allocated",
	[DIFF_TYPE] = "type",           [DIFF_REFERENCES] = "references",
	[DIFF_PRODUCERS] = "producers", [DIFF_MASKED] = "masked",
	[DIFF_EXPECT] = "expect",       [DIFF_PCI_RULE] = "pci-rule",
	[DIFF_STEP] = "step",           [DIFF_MISUSE] = "use-after-put",
	[DIFF_CRASH] = "crash",         [DIFF_HANG] = "hang",
};

const char *difference_name(enum difference d)
{
	return names[d];
}

void finding_key(enum difference d, uint32_t rule, const struct op *op, char key[FINDING_KEY_MAX])
{
	char operation[48], name[8];

	snprintf(key, FINDING_KEY_MAX, "%s:%s:%s", difference_name(d),
		 rule ? rule_name(rule - 1, name) : "-",
		 op ? text_op_class(op, operation, sizeof(operation)) : "end");
}
