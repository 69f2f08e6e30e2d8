/* SPDX-License-Identifier: MIT */
#include "program/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"

void program_init(struct program *p)
{
	memset(p, 0, sizeof(*p));
}

void program_free(struct program *p)
{
	free(p->ops);
	program_init(p);
}

void program_clear(struct program *p)
{
	p->n = 0;
	p->has_device = false;
}

int program_grow(struct program *p, uint32_t n)
{
	uint32_t capacity = p->capacity ? p->capacity * 2 : 32;
	struct op *ops;

	if (n > PROGRAM_MAX_OPS - p->n)
		return -E2BIG;
	while (capacity < p->n + n)
		capacity *= 2;
	ops = realloc(p->ops, capacity * sizeof(*ops));
	if (!ops)
		return -ENOMEM;
	p->ops = ops;
	p->capacity = capacity;
	return 0;
}

int program_append(struct program *p, const struct op *ops, uint32_t n)
{
	int err = program_reserve(p, n);

	if (err || !n)
		return err;
	memcpy(p->ops + p->n, ops, n * sizeof(*ops));
	p->n += n;
	return 0;
}

int program_copy(struct program *to, const struct program *from)
{
	program_clear(to);
	to->has_device = from->has_device;
	to->device = from->device;
	return program_append(to, from->ops, from->n);
}

bool op_allowed_in_at(enum op_kind kind)
{
	return kind == OP_FIRE || kind == OP_READ || kind == OP_IRQ_INFO;
}

/* Plus one: 0 is none. */
static const uint8_t device_ops[OP_KINDS] = {
	[OP_LINE] = BACKEND_DEV_LINE + 1,
	[OP_DISINTX] = BACKEND_DEV_DISINTX + 1,
	[OP_MEMORY] = BACKEND_DEV_MEMORY + 1,
	[OP_POWER] = BACKEND_DEV_POWER + 1,
	[OP_FLR] = BACKEND_DEV_FLR + 1,
	[OP_REOPEN] = BACKEND_DEV_REOPEN + 1,
	[OP_REBIND] = BACKEND_DEV_REBIND + 1,
	[OP_SRIOV_COUNT] = BACKEND_DEV_SRIOV_COUNT + 1,
	[OP_TABLE_SIZE] = BACKEND_DEV_TABLE_SIZE + 1,
	[OP_FUNCTION_MASK] = BACKEND_DEV_FUNCTION_MASK + 1,
	[OP_ENTRY] = BACKEND_DEV_ENTRY + 1,
	[OP_WIPE] = BACKEND_DEV_WIPE + 1,
	[OP_SCRIBBLE] = BACKEND_DEV_SCRIBBLE + 1,
	[OP_FAIL] = BACKEND_DEV_FAIL + 1,
};

int op_device_op(enum op_kind kind)
{
	return kind < OP_KINDS ? device_ops[kind] - 1 : -1;
}

static uint32_t item_size(uint32_t flags)
{
	if (flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return sizeof(int32_t);
	return flags & VFIO_IRQ_SET_DATA_BOOL ? sizeof(uint8_t) : 0;
}

static uint32_t get_u32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static void raw_head(const struct op *op, struct request_head *head)
{
	memset(head, 0, sizeof(*head));
	head->size = op_items(op);
	if (head->size < IRQ_SET_HDR_SIZE)
		return;
	head->argsz = get_u32(op->raw);
	head->flags = get_u32(op->raw + 4);
	head->index = get_u32(op->raw + 8);
	head->start = get_u32(op->raw + 12);
	head->count = get_u32(op->raw + 16);
}

static uint32_t data_bytes(const struct op *op)
{
	uint32_t items = op->count < IRQ_MAX_VECTORS ? op->count : IRQ_MAX_VECTORS;

	return op->n ? items * item_size(op->flags) : 0;
}

/* All of it, readable or not. */
static void set_irqs_head(const struct op *op, struct request_head *head)
{
	head->size = IRQ_SET_HDR_SIZE + data_bytes(op);
	head->argsz = op->argsz == PROGRAM_AUTO ? head->size : op->argsz;
	head->flags = op->flags;
	head->index = op->index;
	head->start = op->start;
	head->count = op->count;
}

void op_request_head(const struct op *op, struct request_head *head)
{
	if (op->kind == OP_RAW) {
		raw_head(op, head);
		return;
	}
	set_irqs_head(op, head);
	if (op->readable >= head->size)
		return;
	if (op->readable < IRQ_SET_HDR_SIZE)
		memset(head, 0, sizeof(*head));
	head->size = op->readable;
}

/* They repeat. Mostly there is one for each: a division takes longer than the rest. */
static int32_t item(const struct op *op, uint32_t i)
{
	uint32_t n = op_items(op);

	return op->data[i < n ? i : i % n];
}

int32_t op_request_fd(const struct op *op, uint32_t i)
{
	if (op->kind == OP_RAW)
		return (int32_t)get_u32(op->raw + IRQ_SET_HDR_SIZE + i * sizeof(int32_t));
	return item(op, i);
}

uint8_t op_request_bool(const struct op *op, uint32_t i)
{
	if (op->kind == OP_RAW)
		return op->raw[IRQ_SET_HDR_SIZE + i];
	return (uint8_t)item(op, i);
}

/* The first @n items, of which there are so many. */
static void put_items(const struct op *op, bool fds, uint32_t n,
		      int32_t (*fd_of)(void *data, int32_t code), void *data, uint8_t *out)
{
	for (uint32_t i = 0; fds && i < n; i++) {
		int32_t fd = op_request_fd(op, i);

		if (fd >= 0)
			fd = fd_of(data, fd);
		memcpy(out + i * sizeof(fd), &fd, sizeof(fd));
	}
	for (uint32_t i = 0; !fds && i < n; i++)
		out[i] = op_request_bool(op, i);
}

/* The whole items in @size bytes. Those of SET_IRQS repeat: what is there already is copied on. */
static void put_data(const struct op *op, uint32_t flags, uint32_t size,
		     int32_t (*fd_of)(void *data, int32_t code), void *data, uint8_t *out)
{
	uint32_t step = item_size(flags), done, end, items, first;
	bool fds = step == sizeof(int32_t);

	if (!step)
		return;
	items = fds ? size / (uint32_t)sizeof(int32_t) : size;
	first = op->kind == OP_RAW || items < op_items(op) ? items : op_items(op);
	put_items(op, fds, first, fd_of, data, out);
	end = items * step;
	for (done = first * step; done < end;) {
		uint32_t more = end - done < done ? end - done : done;

		memcpy(out + done, out, more);
		done += more;
	}
}

uint32_t program_request(const struct op *op, int32_t (*fd_of)(void *data, int32_t code),
			 void *data, uint8_t *buf)
{
	struct request_head head;

	if (op->kind == OP_RAW) {
		raw_head(op, &head);
		/* A tail shorter than an item stays as it is: no one can read it as one. */
		memcpy(buf, op->raw, head.size);
	} else {
		set_irqs_head(op, &head);
		memcpy(buf, &head.argsz, IRQ_SET_HDR_SIZE);
	}
	if (head.size > IRQ_SET_HDR_SIZE)
		put_data(op, head.flags, head.size - IRQ_SET_HDR_SIZE, fd_of, data,
			 buf + IRQ_SET_HDR_SIZE);
	return op->kind == OP_RAW || op->readable >= head.size ? head.size : op->readable;
}

/* Which fields a kind uses beyond those that are compared by themselves. */
enum { F_SLOT = 1, F_SLOT2 = 2, F_INDEX = 4, F_START = 8, F_VALUE = 16, F_ARGSZ = 32, F_N = 64 };

static const uint8_t fields[OP_KINDS] = {
	[OP_IRQ_INFO] = F_INDEX | F_ARGSZ,
	[OP_FIRE] = F_INDEX | F_START,
	[OP_LINE] = F_VALUE,
	[OP_READ] = F_SLOT,
	[OP_WRITE] = F_SLOT | F_VALUE,
	[OP_CLOSE] = F_SLOT,
	[OP_OPEN] = F_SLOT | F_VALUE,
	[OP_DUP] = F_SLOT | F_SLOT2,
	[OP_DISINTX] = F_VALUE,
	[OP_MEMORY] = F_VALUE,
	[OP_POWER] = F_VALUE,
	[OP_REBIND] = F_VALUE,
	[OP_SRIOV_COUNT] = F_VALUE,
	[OP_TABLE_SIZE] = F_VALUE,
	[OP_FUNCTION_MASK] = F_VALUE,
	[OP_ENTRY] = F_START,
	[OP_SCRIBBLE] = F_START,
	[OP_FAIL] = F_VALUE,
	[OP_AT] = F_VALUE | F_N,
};

static bool same_request(const struct op *a, const struct op *b)
{
	return a->flags == b->flags && a->index == b->index && a->start == b->start &&
	       a->count == b->count && a->argsz == b->argsz && a->readable == b->readable &&
	       a->n == b->n && !memcmp(a->data, b->data, op_items(a) * sizeof(a->data[0]));
}

static bool same_expect(const struct op *a, const struct op *b)
{
	if (((a->flags ^ b->flags) & (EXPECT_INFO | EXPECT_VALUE)) ||
	    op_expect_has(a) != op_expect_has(b) || op_expect_lacks(a) != op_expect_lacks(b))
		return false;
	if (a->flags & EXPECT_INFO)
		return a->index == b->index && a->count == b->count;
	return a->value == b->value;
}

bool op_equal(const struct op *a, const struct op *b)
{
	uint8_t f;

	if (a->kind != b->kind || a->kind >= OP_KINDS)
		return false;
	if (a->kind == OP_SET_IRQS)
		return same_request(a, b);
	if (a->kind == OP_RAW)
		return a->n == b->n && !memcmp(a->raw, b->raw, op_items(a));
	if (a->kind == OP_EXPECT)
		return same_expect(a, b);
	f = fields[a->kind];
	return (!(f & F_SLOT) || a->slot == b->slot) && (!(f & F_SLOT2) || a->slot2 == b->slot2) &&
	       (!(f & F_INDEX) || a->index == b->index) &&
	       (!(f & F_START) || a->start == b->start) &&
	       (!(f & F_VALUE) || a->value == b->value) &&
	       (!(f & F_ARGSZ) || a->argsz == b->argsz) && (!(f & F_N) || a->n == b->n);
}
