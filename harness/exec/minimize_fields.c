/* SPDX-License-Identifier: MIT */
/*
 * minimize_fields: trials with one plainer operation. Every candidate is smaller than what it
 * replaces in an order that has an end, so that the search has one.
 */
#include <string.h>

#include "exec/minimize_private.h"

/* Numbers below it are also tried one by one. */
#define SMALL 4096u

bool minimize_number(uint64_t v, uint32_t k, uint64_t *out)
{
	const uint64_t plain[] = {0, 1, 2, 3, 4, v / 2, v - 1};
	const uint32_t n = v <= SMALL ? 7 : 6;
	uint32_t seen = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (plain[i] >= v || (i >= 5 && plain[i] <= 4))
			continue;
		if (seen++ == k) {
			*out = plain[i];
			return true;
		}
	}
	return false;
}

static bool number32(uint32_t *field, uint32_t k)
{
	uint64_t v;

	if (!minimize_number(*field, k, &v))
		return false;
	*field = (uint32_t)v;
	return true;
}

/* Candidates are numbered through: each of these takes its own off *@k, or makes the @k-th. */
static bool take(uint32_t *k, uint32_t n)
{
	if (*k < n)
		return true;
	*k -= n;
	return false;
}

static uint32_t numbers(uint64_t v)
{
	uint64_t out;
	uint32_t n = 0;

	while (minimize_number(v, n, &out))
		n++;
	return n;
}

/* Without item @i: of a list that covers its range the range shrinks, too. */
static void drop_item(struct op *op, uint32_t i)
{
	bool covers = op->count == op->n;

	memmove(op->data + i, op->data + i + 1, (op->n - i - 1u) * sizeof(op->data[0]));
	op->data[--op->n] = 0;
	if (covers)
		op->count = op->n;
}

static int32_t plain_item(const struct op *op, int32_t v)
{
	if (!(op->flags & VFIO_IRQ_SET_DATA_EVENTFD))
		return v ? 1 : 0;
	if (v < 0)
		return -1;
	return v > PROGRAM_FD_CLOSED ? PROGRAM_FD_CLOSED : v;
}

static bool plainer_items(struct op *op, uint32_t *k)
{
	uint32_t n = op_items(op);

	if (n > 1 && take(k, n)) {
		drop_item(op, *k);
		return true;
	}
	/* The vectors of the last ones, without the first. */
	if (n > 1 && op->count == n && op->start < UINT32_MAX && take(k, 1)) {
		drop_item(op, 0);
		op->start++;
		return true;
	}
	if (n > op->count && op->count && take(k, 1)) {
		while (op->n > op->count)
			op->data[--op->n] = 0;
		return true;
	}
	for (uint32_t i = 0; i < n; i++) {
		int32_t plain = plain_item(op, op->data[i]);

		if (plain != op->data[i] && take(k, 1)) {
			op->data[i] = plain;
			return true;
		}
	}
	return false;
}

static bool plainer_set_irqs(struct op *op, uint32_t k)
{
	if (op->argsz != PROGRAM_AUTO && take(&k, 1)) {
		op->argsz = PROGRAM_AUTO;
		return true;
	}
	if (op->readable != PROGRAM_AUTO && take(&k, 1)) {
		op->readable = PROGRAM_AUTO;
		return true;
	}
	if (plainer_items(op, &k))
		return true;
	/* Not down to 0, which is another thing to ask for (R19). */
	if (op->count > 1 && take(&k, numbers(op->count - 1u))) {
		op->count--;
		number32(&op->count, k);
		op->count++;
		return true;
	}
	/* Of a range that goes too far, its last vector. */
	if (op->count > 1 && op->n < 2 && op->start <= UINT32_MAX - op->count && take(&k, 1)) {
		op->start += op->count - 1;
		op->count = 1;
		return true;
	}
	if (op->index > VFIO_PCI_NUM_IRQS && take(&k, 1)) {
		op->index = VFIO_PCI_NUM_IRQS;
		return true;
	}
	return number32(&op->start, k);
}

/* The same request as a SET_IRQS, if its data is whole items. */
static bool as_set_irqs(const struct op *raw, struct op *out)
{
	struct request_head h;
	uint32_t bytes, items;

	op_request_head(raw, &h);
	if (h.size < IRQ_SET_HDR_SIZE)
		return false;
	*out = op_make(OP_SET_IRQS);
	out->flags = h.flags;
	out->index = h.index;
	out->start = h.start;
	out->count = h.count;
	bytes = h.size - IRQ_SET_HDR_SIZE;
	items = h.flags & VFIO_IRQ_SET_DATA_EVENTFD ? bytes / 4
		: h.flags & VFIO_IRQ_SET_DATA_BOOL  ? bytes
						    : 0;
	if (items > PROGRAM_ITEMS)
		items = PROGRAM_ITEMS;
	if (items > h.count)
		items = h.count;
	out->n = (uint8_t)items;
	for (uint32_t i = 0; i < items; i++)
		out->data[i] = h.flags & VFIO_IRQ_SET_DATA_EVENTFD ? op_request_fd(raw, i)
								   : op_request_bool(raw, i);
	out->argsz = h.argsz;
	return true;
}

static bool plainer_raw(struct op *op, uint32_t k)
{
	struct op out;

	if (as_set_irqs(op, &out) && take(&k, 1)) {
		*op = out;
		return true;
	}
	if (!op->n || !take(&k, 2))
		return false;
	op->n = (uint8_t)(k ? op->n - 1 : op->n / 2);
	memset(op->raw + op->n, 0, sizeof(op->raw) - op->n);
	return true;
}

/* The @k-th plainer form of @op. False: there are no more. */
static bool plainer(struct op *op, uint32_t k)
{
	switch (op->kind) {
	case OP_SET_IRQS:
		return plainer_set_irqs(op, k);
	case OP_RAW:
		return plainer_raw(op, k);
	case OP_IRQ_INFO:
		if (op->argsz == PROGRAM_AUTO || k)
			return false;
		op->argsz = PROGRAM_AUTO;
		return true;
	case OP_FIRE:
	case OP_ENTRY:
	case OP_SCRIBBLE:
		return number32(&op->start, k);
	case OP_WRITE:
	case OP_OPEN:
	case OP_REBIND:
	case OP_SRIOV_COUNT:
	case OP_TABLE_SIZE:
	case OP_FAIL:
	case OP_AT:
		return minimize_number(op->value, k, &op->value);
	default:
		return false;
	}
}

int minimize_fields(struct search *s)
{
	uint32_t i = s->best->n, k = 0;
	int any = 0;

	while (i > 0 && !s->over) {
		struct op op;
		int ret;

		if (i > s->best->n) {
			i = s->best->n;
			continue;
		}
		op = s->best->ops[i - 1];
		if (!plainer(&op, k)) {
			i--;
			k = 0;
			continue;
		}
		ret = search_copy(s);
		if (ret)
			return ret;
		s->trial.ops[i - 1] = op;
		ret = search_try(s);
		if (ret < 0)
			return ret;
		any |= ret;
		k = ret ? 0 : k + 1;
	}
	return any;
}
