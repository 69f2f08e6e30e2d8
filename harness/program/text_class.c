/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "program/syntax.h"
#include "program/text.h"

static const char *index_word(uint32_t index)
{
	return index < VFIO_PCI_NUM_IRQS ? syntax_index[index] : "unknown";
}

/* The only one of @words in @flags, or what to call none and several of them. */
static const char *flag_word(const struct syntax_flag words[3], uint32_t flags, const char *none,
			     const char *several)
{
	const char *name = syntax_flag_name(words, flags);

	if (name)
		return name;
	return flags ? several : none;
}

static void request(const struct op *op, char *buf, size_t size)
{
	struct request_head h;
	const char *type = "unknown";

	op_request_head(op, &h);
	if (h.size < IRQ_SET_HDR_SIZE) {
		snprintf(buf, size, "set_irqs/short");
		return;
	}
	if (!(h.flags & ~(uint32_t)IRQ_SET_FLAG_MASK))
		type = flag_word(syntax_types, h.flags & VFIO_IRQ_SET_DATA_TYPE_MASK, "no-type",
				 "types");
	snprintf(buf, size, "set_irqs/%s/%s/%s", index_word(h.index),
		 flag_word(syntax_actions, h.flags & VFIO_IRQ_SET_ACTION_TYPE_MASK, "no-action",
			   "actions"),
		 type);
}

const char *text_op_class(const struct op *op, char *buf, size_t size)
{
	if (op_is_call(op))
		request(op, buf, size);
	else if (op->kind == OP_IRQ_INFO || op->kind == OP_FIRE)
		snprintf(buf, size, "%s/%s", syntax[op->kind].name, index_word(op->index));
	else
		snprintf(buf, size, "%s", op->kind < OP_KINDS ? syntax[op->kind].name : "unknown");
	return buf;
}
