/* SPDX-License-Identifier: MIT */
/* mutate_tweak: one field of an operation or of the device becomes a value at a boundary. */
#include "program/mutate_private.h"

static uint32_t pick(struct rng *rng, const uint32_t *values, uint32_t n)
{
	return values[rng_below(rng, n)];
}
#define PICK(rng, values) pick(rng, values, (uint32_t)(sizeof(values) / sizeof((values)[0])))

/* Where vectors and counts turn: tables are small, fields are not. */
static uint32_t tweak_number(struct rng *rng, uint32_t old)
{
	static const uint32_t few[] = {0, 1, 2, 3, 4, 7, 8, 16, 31, 32, 63, 64, 65};
	static const uint32_t edges[] = {255,   256,        2047,       2048,           2049,
					 65535, 0x7fffffff, 0x80000000, UINT32_MAX - 1, UINT32_MAX};

	switch (rng_below(rng, 8)) {
	case 0:
	case 1:
		return old + 1;
	case 2:
	case 3:
		return old - 1;
	case 4:
		return PICK(rng, edges);
	default:
		return PICK(rng, few);
	}
}

static void tweak_flags(struct op *op, struct rng *rng)
{
	static const uint32_t good[] = {0x24, 0x24, 0x21, 0x22, 0x09, 0x0a, 0x0c, 0x11, 0x12, 0x14};

	if (rng_below(rng, 4))
		op->flags = PICK(rng, good);
	else
		op->flags ^= 1u << rng_below(rng, rng_below(rng, 8) ? 6 : 32);
}

static int32_t tweak_fd(struct rng *rng)
{
	static const int32_t bad[] = {-1,        -1,  -1, -2, PROGRAM_FD_FILE, PROGRAM_FD_CLOSED,
				      INT32_MIN, 1000};

	if (rng_below(rng, 2))
		return (int32_t)rng_below(rng, PROGRAM_SLOTS);
	return bad[rng_below(rng, sizeof(bad) / sizeof(bad[0]))];
}

static void tweak_items(struct op *op, struct rng *rng)
{
	uint32_t n = op_items(op);

	if (n && rng_below(rng, 3)) {
		op->data[rng_below(rng, n)] = tweak_fd(rng);
		return;
	}
	if (n && rng_below(rng, 2)) {
		op->data[--n] = 0;
	} else if (n < PROGRAM_ITEMS) {
		op->data[n++] = tweak_fd(rng);
	}
	op->n = (uint8_t)n;
	if (rng_below(rng, 2))
		op->count = n;
}

/* The sizes that the way in looks at: header, header and data, one short of each. */
static uint32_t tweak_size(struct rng *rng, const struct op *op)
{
	static const uint32_t sizes[] = {0, 15, 16, 17, 19, 20, 21, 23, 24, 28, 2048};

	if (op->kind == OP_SET_IRQS && !rng_below(rng, 3))
		return IRQ_SET_HDR_SIZE + 4 * (op->count % 64) - rng_below(rng, 2);
	return rng_below(rng, 3) ? PICK(rng, sizes) : PROGRAM_AUTO;
}

static void tweak_set(struct op *op, struct rng *rng)
{
	switch (rng_below(rng, 12)) {
	case 0:
	case 1:
		op->start = tweak_number(rng, op->start);
		break;
	case 2:
	case 3:
		op->count = tweak_number(rng, op->count);
		break;
	case 4:
		op->index = rng_below(rng, 5);
		break;
	case 5:
		op->index = tweak_number(rng, op->index);
		break;
	case 6:
	case 7:
		tweak_flags(op, rng);
		break;
	case 8:
		op->argsz = tweak_size(rng, op);
		break;
	case 9:
		op->readable = tweak_size(rng, op);
		break;
	default:
		tweak_items(op, rng);
		break;
	}
}

static void tweak_raw(struct op *op, struct rng *rng)
{
	uint32_t n = op_items(op), word = rng_below(rng, 5) * 4;

	if (n >= IRQ_SET_HDR_SIZE && rng_below(rng, 2)) {
		uint32_t v;

		memcpy(&v, op->raw + word, sizeof(v));
		v = tweak_number(rng, v);
		memcpy(op->raw + word, &v, sizeof(v));
	} else if (n && rng_below(rng, 2)) {
		uint32_t at = rng_below(rng, n);

		op->raw[at] = (uint8_t)rng_u64(rng);
	} else {
		op->n = (uint8_t)rng_below(rng, sizeof(op->raw) + 1);
		for (uint32_t i = op->n; i < sizeof(op->raw); i++)
			op->raw[i] = 0;
	}
}

static uint64_t tweak_value(struct rng *rng, uint64_t old)
{
	static const uint64_t edges[] = {UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - 2,
					 UINT64_C(1) << 63, UINT64_C(1) << 32};

	if (!rng_below(rng, 5))
		return edges[rng_below(rng, 5)];
	return rng_below(rng, 2) ? old ^ 1 : tweak_number(rng, (uint32_t)old);
}

bool mutate_tweak(struct op *op, struct rng *rng)
{
	switch (op->kind) {
	case OP_SET_IRQS:
		tweak_set(op, rng);
		break;
	case OP_RAW:
		tweak_raw(op, rng);
		break;
	case OP_IRQ_INFO:
		if (rng_below(rng, 2))
			op->index = tweak_number(rng, op->index);
		else
			op->argsz = tweak_size(rng, op);
		break;
	case OP_FIRE:
		if (rng_below(rng, 3))
			op->start = tweak_number(rng, op->start);
		else
			op->index = rng_below(rng, 6);
		break;
	case OP_ENTRY:
	case OP_SCRIBBLE:
		op->start = tweak_number(rng, op->start);
		break;
	case OP_DUP:
		op->slot2 = (uint8_t)rng_below(rng, PROGRAM_SLOTS);
		/* fall through */
	case OP_READ:
	case OP_CLOSE:
		op->slot = (uint8_t)rng_below(rng, PROGRAM_SLOTS);
		break;
	case OP_WRITE:
	case OP_OPEN:
		if (rng_below(rng, 2))
			op->slot = (uint8_t)rng_below(rng, PROGRAM_SLOTS);
		else
			op->value = tweak_value(rng, op->value);
		break;
	case OP_FLR:
	case OP_RESET:
	case OP_REOPEN:
	case OP_WIPE:
		return false;
	case OP_EXPECT: /* says what is right: not ours to change */
		return false;
	default:
		op->value = tweak_value(rng, op->value);
		break;
	}
	return true;
}

void mutate_device(struct program *p, struct rng *rng)
{
	static const uint32_t msi[] = {0, 1, 2, 4, 8, 16, 32};
	static const uint32_t msix[] = {0, 1, 2, 3, 4, 8, 16, 64, 65, 300, 2048};
	struct program_device *d = &p->device;

	if (!p->has_device || !rng_below(rng, 8)) {
		p->has_device = true;
		d->profile = (uint16_t)rng_below(rng, 3);
		generator_device(rng, d);
		return;
	}
	switch (rng_below(rng, 8)) {
	case 0:
		p->has_device = false;
		break;
	case 1:
	case 2:
		d->profile = (uint16_t)rng_below(rng, 3);
		break;
	case 3:
		/* Large tables are slow, and rarely more than small ones. */
		d->msix = (uint16_t)pick(rng, msix, rng_below(rng, 8) ? 7 : 11);
		break;
	case 4:
		d->msi = (uint16_t)PICK(rng, msi);
		break;
	case 5:
		d->host_vectors = (uint16_t)rng_below(rng, 12);
		break;
	default:
		d->flags ^= (uint16_t)(1u << rng_below(rng, 9));
		break;
	}
}
