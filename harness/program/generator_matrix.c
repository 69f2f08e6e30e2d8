/* SPDX-License-Identifier: MIT */
/* SET_IRQS requests at the boundaries, and beyond. */
#include <string.h>

#include "program/generator_private.h"

/*
 * A step that has no factor in common with GEN_MATRIX (2^2 3^2 5^2 7 11) visits all
 * of it before it comes back.
 */
#define STRIDE 40507u
_Static_assert((STRIDE % 2) * (STRIDE % 3) * (STRIDE % 5) * (STRIDE % 7) * (STRIDE % 11) != 0,
	       "the walk must not close early");

static uint32_t matrix_start(struct generator *g, uint32_t class, uint32_t n)
{
	static const uint32_t huge[4] = {UINT32_MAX, UINT32_MAX - 1, 0x80000000u, 0x7fffffffu};

	switch (class) {
	case 0:
		return 0;
	case 1:
		return gen_below(g, n);
	case 2:
		return n ? n - 1 : 0;
	case 3:
		return n + gen_below(g, 2);
	default:
		return huge[rng_below(g->rng, 4)];
	}
}

static uint32_t matrix_count(struct generator *g, uint32_t class, uint32_t n, uint32_t start)
{
	uint32_t room = start < n ? n - start : 0;

	switch (class) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 2:
		return 1 + gen_below(g, room < 8 ? room : 8);
	case 3:
		return room;
	case 4:
		return room + 1;
	default: /* just within what 32 bits hold, or a sum that wraps to something small */
		if (gen_percent(g, 50))
			return UINT32_MAX - start - gen_below(g, 3);
		return 0 - start + gen_below(g, n + 1);
	}
}

static void matrix_fds(struct generator *g, uint32_t class, struct op *op)
{
	op->n = 1;
	switch (class) {
	case 0:
		op->data[0] = gen_slot(g);
		break;
	case 1:
		op->data[0] = -1;
		break;
	case 2:
		op->data[0] = gen_percent(g, 50) ? -2 : INT32_MIN;
		break;
	case 3:
		op->data[0] = PROGRAM_FD_CLOSED;
		break;
	case 4:
		op->data[0] = PROGRAM_FD_FILE;
		break;
	case 5:
		op->n = 3;
		op->data[0] = gen_slot(g);
		op->data[1] = gen_percent(g, 50) ? gen_bad_fd(g) : -1;
		op->data[2] = gen_slot(g);
		break;
	default:
		op->n = 2;
		op->data[0] = gen_slot(g);
		op->data[1] = op->data[0];
		break;
	}
}

static uint32_t exact_size(const struct op *op)
{
	struct op all = *op;
	struct request_head head;

	all.argsz = all.readable = PROGRAM_AUTO;
	op_request_head(&all, &head);
	return head.size;
}

static uint32_t matrix_argsz(struct generator *g, uint32_t class, const struct op *op)
{
	switch (class) {
	case 0:
		return PROGRAM_AUTO;
	case 1:
		return 0;
	case 2:
		return IRQ_SET_HDR_SIZE - 1;
	case 3:
		return IRQ_SET_HDR_SIZE;
	case 4:
		return exact_size(op) - 1;
	case 5:
		return exact_size(op) + 1;
	default:
		return gen_percent(g, 50) ? 0xfffffffeu : 0x7fffffffu;
	}
}

static uint32_t cut(struct generator *g, const struct op *op)
{
	static const uint8_t sizes[4] = {0, 12, IRQ_SET_HDR_SIZE - 1, IRQ_SET_HDR_SIZE};
	uint32_t i = rng_below(g->rng, 6);

	return i < 4 ? sizes[i] : exact_size(op) - (i == 4);
}

void gen_matrix(struct generator *g, struct op *op)
{
	static const uint32_t two_types[4] = {3, 5, 6, 7};
	static const uint32_t two_actions[4] = {0x18, 0x28, 0x30, 0x38};
	static const uint32_t types[4] = {0, VFIO_IRQ_SET_DATA_NONE, VFIO_IRQ_SET_DATA_BOOL, 0};
	static const uint32_t actions[4] = {0, GEN_MASK, GEN_UNMASK, GEN_TRIGGER};
	uint32_t *cursor = &g->cursor[g->type];
	uint32_t at = *cursor, index, action, type, start, count, argsz, n;

	*cursor = (at + STRIDE) % GEN_MATRIX;
	index = at % 6;
	at /= 6;
	action = at % 5;
	at /= 5;
	type = at % 11;
	at /= 11;
	start = at % 5;
	at /= 5;
	count = at % 6;
	argsz = at / 6;

	n = index < VFIO_PCI_NUM_IRQS ? g->count[index] : 0;
	if (index == VFIO_PCI_NUM_IRQS && gen_percent(g, 60))
		index = gen_percent(g, 50) ? UINT32_MAX : rng_below(g->rng, 64) + 5;
	start = matrix_start(g, start, n);
	/* one draw after the other: no compiler is to choose the order */
	count = matrix_count(g, count, n, start);
	gen_put(op, index, action < 4 ? actions[action] : two_actions[rng_below(g->rng, 4)], start,
		count);
	if (type >= 4) {
		op->flags |= VFIO_IRQ_SET_DATA_EVENTFD;
		matrix_fds(g, type - 4, op);
	} else {
		op->flags |= type == 3 ? two_types[rng_below(g->rng, 4)] : types[type];
		if (type >= 2) {
			op->n = 2;
			op->data[0] = (int32_t)rng_below(g->rng, 2);
			op->data[1] = (int32_t)rng_below(g->rng, 3);
		}
	}
	op->argsz = matrix_argsz(g, argsz, op);
	if (rng_below(g->rng, 8) == 0)
		op->readable = cut(g, op);
}

/* One thing about a request that was fine. */
void gen_mutate(struct generator *g, struct op *op)
{
	uint32_t n = op->index < VFIO_PCI_NUM_IRQS ? g->count[op->index] : 0;
	uint32_t r = rng_below(g->rng, 16);

	switch (r) {
	case 0:
	case 1:
		op->start = matrix_start(g, rng_below(g->rng, 5), n);
		break;
	case 2:
	case 3:
		op->count = matrix_count(g, rng_below(g->rng, 6), n, op->start);
		break;
	case 4:
	case 5:
		op->argsz = matrix_argsz(g, 1 + rng_below(g->rng, 6), op);
		break;
	case 6:
	case 7:
		op->readable = cut(g, op);
		break;
	case 8:
		op->flags ^= 1u << rng_below(g->rng, 3);
		break;
	case 9:
		op->flags ^= 8u << rng_below(g->rng, 3);
		break;
	case 10:
		op->flags |= 1u << (6 + rng_below(g->rng, 26));
		break;
	case 11:
		op->index = rng_below(g->rng, 7);
		break;
	case 12:
		op->n = 0;
		break;
	default:
		if (op->n)
			op->data[rng_below(g->rng, op->n)] = gen_bad_fd(g);
		else
			op->count = n;
		break;
	}
}

void gen_raw(struct generator *g, struct op *op)
{
	uint32_t head[5], noise = rng_below(g->rng, 8);

	op_init(op, OP_RAW);
	op->n = (uint8_t)rng_below(g->rng, sizeof(op->raw) + 1);
	if (noise == 7) {
		for (uint32_t i = 0; i < PROGRAM_ITEMS; i++)
			op->data[i] = (int32_t)rng_u64(g->rng);
	} else {
		/* Nearly a request: what follows the header is read as fds or bytes. */
		head[0] = noise == 6 ? rng_below(g->rng, 64) : op->n;
		head[1] = rng_below(g->rng, noise == 5 ? 256 : 64);
		head[2] = rng_below(g->rng, 6);
		head[3] = rng_below(g->rng, 4);
		head[4] = rng_below(g->rng, 5);
		if (noise < 3)
			head[1] = GEN_TRIGGER | 1u << noise;
		memcpy(op->raw, head, sizeof(head));
		for (uint32_t i = 5; i < PROGRAM_ITEMS; i++)
			op->data[i] = (int32_t)rng_below(g->rng, 12) - 2;
	}
	/* So that equal operations are equal bytes. */
	memset(op->raw + op->n, 0, sizeof(op->raw) - op->n);
}
