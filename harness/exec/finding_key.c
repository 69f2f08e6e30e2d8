/* SPDX-License-Identifier: MIT */
#include "exec/finding_key.h"

#include <stdio.h>

#include "model/rule.h"
#include "program/text.h"

static const char *const names[] = {
	[DIFF_NONE] = "none",
	[DIFF_RETURN] = "return",
	[DIFF_INFO] = "irq_info",
	[DIFF_VALUE] = "value",
	[DIFF_COUNTER] = "counter",
	[DIFF_ACTIVE] = "active",
	[DIFF_ALLOCATED] = "allocated",
	[DIFF_TYPE] = "type",
	[DIFF_REFERENCES] = "references",
	[DIFF_PRODUCERS] = "producers",
	[DIFF_MASKED] = "masked",
	[DIFF_EXPECT] = "expect",
	[DIFF_CRASH] = "crash",
	[DIFF_HANG] = "hang",
};

const char *difference_name(enum difference d)
{
	return names[d];
}

static const char *index_word(uint32_t index)
{
	static const char *const words[VFIO_PCI_NUM_IRQS] = {"intx", "msi", "msix", "err", "req"};

	return index < VFIO_PCI_NUM_IRQS ? words[index] : "unknown";
}

static const char *action_word(uint32_t flags)
{
	switch (flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) {
	case 0:
		return "no-action";
	case VFIO_IRQ_SET_ACTION_MASK:
		return "mask";
	case VFIO_IRQ_SET_ACTION_UNMASK:
		return "unmask";
	case VFIO_IRQ_SET_ACTION_TRIGGER:
		return "trigger";
	default:
		return "actions";
	}
}

static const char *type_word(uint32_t flags)
{
	if (flags & ~(uint32_t)IRQ_SET_FLAG_MASK)
		return "unknown";
	switch (flags & VFIO_IRQ_SET_DATA_TYPE_MASK) {
	case 0:
		return "no-type";
	case VFIO_IRQ_SET_DATA_NONE:
		return "none";
	case VFIO_IRQ_SET_DATA_BOOL:
		return "bool";
	case VFIO_IRQ_SET_DATA_EVENTFD:
		return "eventfd";
	default:
		return "types";
	}
}

/* RAW is the same call in another spelling, and the same finding. */
static void request(const struct op *op, char *buf, size_t size)
{
	struct request_head h;

	op_request_head(op, &h);
	if (h.size < IRQ_SET_HDR_SIZE)
		snprintf(buf, size, "set_irqs/short");
	else
		snprintf(buf, size, "set_irqs/%s/%s/%s", index_word(h.index), action_word(h.flags),
			 type_word(h.flags));
}

const char *finding_operation(const struct op *op, char *buf, size_t size)
{
	char text[TEXT_OP_MAX];

	switch (op->kind) {
	case OP_SET_IRQS:
	case OP_RAW:
		request(op, buf, size);
		break;
	case OP_IRQ_INFO:
	case OP_FIRE:
		snprintf(buf, size, "%s/%s", op->kind == OP_FIRE ? "fire" : "irq_info",
			 index_word(op->index));
		break;
	default:
		text_op(op, text, sizeof(text));
		snprintf(buf, size, "%.*s", (int)strcspn(text, " "), text);
	}
	return buf;
}

void finding_key(enum difference d, uint32_t rule, const struct op *op, char key[FINDING_KEY_MAX])
{
	char operation[48], name[8];

	snprintf(key, FINDING_KEY_MAX, "%s:%s:%s", difference_name(d),
		 rule ? rule_name(rule - 1, name) : "-",
		 op ? finding_operation(op, operation, sizeof(operation)) : "end");
}
