/* SPDX-License-Identifier: MIT */
/*
 * SET_IRQS in binary form. Bits 0..4 of its choice byte, which is below 0x80, say index and flags
 * (combos), bits 5..6 how the rest is laid out (enum set_form).
 */
#include "program/binary_form.h"

#define ACT(a)  VFIO_IRQ_SET_ACTION_##a
#define TYPE(t) VFIO_IRQ_SET_DATA_##t

static const struct {
	uint8_t index, flags;
} combos[32] = {
	{2, ACT(TRIGGER) | TYPE(EVENTFD)},
	{2, ACT(TRIGGER) | TYPE(NONE)},
	{2, ACT(TRIGGER) | TYPE(BOOL)},
	{1, ACT(TRIGGER) | TYPE(EVENTFD)},
	{1, ACT(TRIGGER) | TYPE(NONE)},
	{1, ACT(TRIGGER) | TYPE(BOOL)},
	{0, ACT(TRIGGER) | TYPE(EVENTFD)},
	{0, ACT(TRIGGER) | TYPE(NONE)},
	{0, ACT(TRIGGER) | TYPE(BOOL)},
	{0, ACT(MASK) | TYPE(NONE)},
	{0, ACT(MASK) | TYPE(BOOL)},
	{0, ACT(MASK) | TYPE(EVENTFD)},
	{0, ACT(UNMASK) | TYPE(NONE)},
	{0, ACT(UNMASK) | TYPE(BOOL)},
	{0, ACT(UNMASK) | TYPE(EVENTFD)},
	{3, ACT(TRIGGER) | TYPE(EVENTFD)},
	{3, ACT(TRIGGER) | TYPE(NONE)},
	{3, ACT(TRIGGER) | TYPE(BOOL)},
	{4, ACT(TRIGGER) | TYPE(EVENTFD)},
	{4, ACT(TRIGGER) | TYPE(NONE)},
	{4, ACT(TRIGGER) | TYPE(BOOL)},
	/* What is met most is met more often. */
	{2, ACT(TRIGGER) | TYPE(EVENTFD)},
	{2, ACT(TRIGGER) | TYPE(EVENTFD)},
	{2, ACT(TRIGGER) | TYPE(EVENTFD)},
	{2, ACT(TRIGGER) | TYPE(EVENTFD)},
	{2, ACT(TRIGGER) | TYPE(EVENTFD)},
	{2, ACT(TRIGGER) | TYPE(NONE)},
	{2, ACT(TRIGGER) | TYPE(NONE)},
	{1, ACT(TRIGGER) | TYPE(EVENTFD)},
	{1, ACT(TRIGGER) | TYPE(NONE)},
	{0, ACT(TRIGGER) | TYPE(EVENTFD)},
	{0, ACT(UNMASK) | TYPE(EVENTFD)},
};

/* The choice after that of SET_SIZES and SET_FLAGS. */
#define SIZES_ITEMS    0x0fu
#define SIZES_ARGSZ    0x10u
#define SIZES_READABLE 0x20u

/* A byte as an item: mostly a slot, often -1. */
static int32_t item_read(uint8_t b)
{
	if (b < 160)
		return b % (int32_t)PROGRAM_SLOTS;
	if (b < 192)
		return -1;
	return b < 194 ? b - 192 + PROGRAM_FD_FILE : 192 - b;
}

static uint8_t item_write(int32_t v)
{
	uint32_t u = (uint32_t)v; /* any number: what has no byte does not read back */

	if (v >= 0)
		return (uint8_t)(u < PROGRAM_SLOTS ? u : u - PROGRAM_FD_FILE + 192);
	return (uint8_t)(v == -1 ? 160 : 192 - u);
}

static void items_read(struct form_reader *r, struct op *op, uint32_t n, bool wide)
{
	op->n = (uint8_t)(n % (PROGRAM_ITEMS + 1));
	for (uint32_t i = 0; i < op->n; i++)
		op->data[i] =
			wide ? (int32_t)form_value32(r) : item_read((uint8_t)form_value(r, 1));
}

static void items_write(struct form_bytes *out, const struct op *op, bool wide)
{
	for (uint32_t i = 0; i < op_items(op); i++) {
		if (wide)
			form_put_value(out, (uint32_t)op->data[i], sizeof(uint32_t));
		else
			form_put_value(out, item_write(op->data[i]), 1);
	}
}

/* 16 bits that reach both ends of 32 bits. */
static uint32_t ends_read(struct form_reader *r)
{
	return (uint32_t)(int16_t)form_value(r, sizeof(int16_t));
}

void form_read_set_wide(struct form_reader *r, struct op *op)
{
	op->flags = form_value32(r);
	op->index = form_value32(r);
	op->start = form_value32(r);
	op->count = form_value32(r);
	op->argsz = form_value32(r);
	op->readable = form_value32(r);
	items_read(r, op, form_choice(r), true);
}

void form_read_set(struct form_reader *r, uint8_t c, struct op *op)
{
	enum set_form form = (enum set_form)(c >> 5);
	uint8_t sizes;

	op_init(op, OP_SET_IRQS);
	op->index = combos[c & 0x1f].index;
	op->flags = combos[c & 0x1f].flags;
	if (form == SET_BARE || form == SET_LIST) {
		op->start = form_few_read((uint8_t)form_value(r, 1), FORM_FEW_STARTS);
		op->count = form_few_read((uint8_t)form_value(r, 1), FORM_FEW_COUNTS);
		if (form == SET_LIST)
			items_read(r, op, form_choice(r), false);
		return;
	}
	sizes = form_choice(r);
	if (form == SET_FLAGS) {
		op->index = (uint8_t)form_value(r, 1);
		op->flags = (uint8_t)form_value(r, 1);
	}
	op->start = ends_read(r);
	op->count = ends_read(r);
	if (sizes & SIZES_ARGSZ)
		op->argsz = (uint16_t)form_value(r, 2);
	if (sizes & SIZES_READABLE)
		op->readable = (uint8_t)form_value(r, 1);
	items_read(r, op, sizes & SIZES_ITEMS, false);
}

int form_set_choice(const struct op *op, enum set_form form)
{
	if (form == SET_FLAGS)
		return op->index <= UINT8_MAX && op->flags <= UINT8_MAX ? (int)form << 5 : -1;
	if (form != SET_SIZES && (op->argsz != PROGRAM_AUTO || op->readable != PROGRAM_AUTO))
		return -1;
	for (uint32_t i = 0; i < sizeof(combos) / sizeof(combos[0]); i++) {
		if (combos[i].index == op->index && combos[i].flags == op->flags)
			return (int)((uint32_t)form << 5 | i);
	}
	return -1;
}

void form_write_set(const struct op *op, enum set_form form, uint32_t choice,
		    struct form_bytes *out)
{
	form_put_choice(out, choice);
	if (form == SET_WIDE) {
		form_put_value(out, op->flags, 4);
		form_put_value(out, op->index, 4);
		form_put_value(out, op->start, 4);
		form_put_value(out, op->count, 4);
		form_put_value(out, op->argsz, 4);
		form_put_value(out, op->readable, 4);
		form_put_choice(out, op_items(op));
		items_write(out, op, true);
		return;
	}
	if (form == SET_BARE || form == SET_LIST) {
		form_put_value(out, form_few_write(op->start, FORM_FEW_STARTS), 1);
		form_put_value(out, form_few_write(op->count, FORM_FEW_COUNTS), 1);
		if (form == SET_BARE)
			return;
		form_put_choice(out, op_items(op));
	} else {
		form_put_choice(out, op_items(op) | (op->argsz != PROGRAM_AUTO ? SIZES_ARGSZ : 0) |
					     (op->readable != PROGRAM_AUTO ? SIZES_READABLE : 0));
		if (form == SET_FLAGS) {
			form_put_value(out, op->index, 1);
			form_put_value(out, op->flags, 1);
		}
		form_put_value(out, op->start, 2);
		form_put_value(out, op->count, 2);
		if (op->argsz != PROGRAM_AUTO)
			form_put_value(out, op->argsz, 2);
		if (op->readable != PROGRAM_AUTO)
			form_put_value(out, op->readable, 1);
	}
	items_write(out, op, false);
}
