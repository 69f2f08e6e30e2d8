/* SPDX-License-Identifier: MIT */
/*
 * A choice byte below 0x80 is a SET_IRQS: see binary_set.c. From 0x80 on it is an entry of CODES,
 * which has as many of the 128 values as the entry says.
 *
 * What is written is tried: the shortest form that reads back as the same operation wins, so that
 * there is one place, reading, that says what bytes mean.
 */
#include "program/binary_form.h"

#include <string.h>

/* clang-format off */
/* Kind, wide, how many values. */
#define CODES(X) \
	X(FIRE, 0, 18) X(READ, 0, 13) X(LINE, 0, 8) X(FAIL, 0, 6) X(AT, 0, 6) X(WRITE, 0, 5) \
	X(ENTRY, 0, 5) X(RAW, 0, 4) X(OPEN, 0, 4) X(DISINTX, 0, 4) X(CLOSE, 0, 3) \
	X(DUP, 0, 3) X(MEMORY, 0, 3) X(POWER, 0, 3) X(FUNCTION_MASK, 0, 3) X(RESET, 0, 2) \
	X(REOPEN, 0, 2) X(REBIND, 0, 2) X(WIPE, 0, 2) X(TABLE_SIZE, 0, 2) X(SCRIBBLE, 0, 2) \
	X(FLR, 0, 1) X(SRIOV_COUNT, 0, 1) X(EXPECT, 0, 1) X(FIRE, 1, 2) X(WRITE, 1, 2) \
	X(IRQ_INFO, 0, 3) X(LINE, 1, 1) X(FAIL, 1, 1) X(AT, 1, 1) X(ENTRY, 1, 1) \
	X(OPEN, 1, 1) X(DISINTX, 1, 1) X(MEMORY, 1, 1) X(POWER, 1, 1) X(FUNCTION_MASK, 1, 1) \
	X(REBIND, 1, 1) X(TABLE_SIZE, 1, 1) X(SRIOV_COUNT, 1, 1) X(EXPECT, 1, 1) \
	X(SCRIBBLE, 1, 1) X(IRQ_INFO, 1, 1) X(SET_IRQS, 1, 3)
/* clang-format on */

/* The first and the last value of each. */
enum {
#define RANGE(kind, wide, share)                                                                   \
	FIRST_##kind##_##wide, LAST_##kind##_##wide = FIRST_##kind##_##wide + (share)-1,
	CODES(RANGE)
#undef RANGE
		N_CODES
};
_Static_assert(N_CODES == 0x80, "choice bytes from 0x80 on");

static const struct {
	uint8_t kind, wide;
} codes[N_CODES] = {
#define MEANING(kind, wide, share)                                                                 \
	[FIRST_##kind##_##wide... LAST_##kind##_##wide] = {OP_##kind, wide},
	CODES(MEANING)
#undef MEANING
};

/* Choice bytes, 0: there is none. */
static const uint8_t bytes_of[OP_KINDS][2] = {
#define BYTE(kind, wide, share) [OP_##kind][wide] = 0x80 + FIRST_##kind##_##wide,
	CODES(BYTE)
#undef BYTE
};

static const uint8_t fire_indexes[4] = {VFIO_PCI_MSIX_IRQ_INDEX, VFIO_PCI_MSI_IRQ_INDEX,
					VFIO_PCI_ERR_IRQ_INDEX, VFIO_PCI_REQ_IRQ_INDEX};

static uint64_t short_value(struct form_reader *r, enum op_kind kind)
{
	switch (kind) {
	case OP_LINE:
	case OP_DISINTX:
	case OP_MEMORY:
	case OP_FUNCTION_MASK:
	case OP_OPEN:
		return form_value(r, 1) & 1;
	case OP_POWER:
		return form_value(r, 1) & 1 ? 3 : 0;
	case OP_FAIL:
		return 1 + (form_value(r, 1) & 0xf);
	case OP_AT:
		return form_value(r, 1) & 0x1f;
	case OP_REBIND:
	case OP_SRIOV_COUNT:
	case OP_TABLE_SIZE:
		return form_value(r, 2) % (IRQ_MAX_VECTORS + 1);
	case OP_EXPECT:
		return (uint64_t)(int8_t)form_value(r, 1);
	default:
		return form_value(r, 1);
	}
}

static void put_short_value(struct form_bytes *out, const struct op *op)
{
	switch (op->kind) {
	case OP_POWER:
		form_put_value(out, op->value == 3, 1);
		break;
	case OP_FAIL:
		form_put_value(out, op->value - 1, 1);
		break;
	case OP_REBIND:
	case OP_SRIOV_COUNT:
	case OP_TABLE_SIZE:
		form_put_value(out, op->value, 2);
		break;
	default:
		form_put_value(out, op->value, 1);
		break;
	}
}

/*
 * What an expect compares, and for whom. Bits 0x1 and 0x2 stood for 6.1 and 6.12, which are told
 * apart by their contexts; with EXPECT_SETS two sets of features follow.
 */
#define EXPECT_OLD_6_1  0x1u
#define EXPECT_OLD_6_12 0x2u
#define EXPECT_SETS     0x10u

static void read_expect(struct form_reader *r, struct op *op)
{
	uint8_t c = (uint8_t)form_value(r, 1);
	uint32_t has = 0, lacks = 0, old = c & (EXPECT_OLD_6_1 | EXPECT_OLD_6_12);

	op->flags = c & (EXPECT_INFO | EXPECT_VALUE);
	if (c & EXPECT_SETS) {
		has = (uint32_t)form_value(r, 2) & FEATURES_ALL;
		lacks = (uint32_t)form_value(r, 2) & FEATURES_ALL & ~has;
	} else if (old == EXPECT_OLD_6_1) {
		has = FEATURE_BIT(CONTEXTS_WITHIN_NVEC);
	} else if (old == EXPECT_OLD_6_12) {
		lacks = FEATURE_BIT(CONTEXTS_WITHIN_NVEC);
	}
	op->data[EXPECT_HAS] = (int32_t)has;
	op->data[EXPECT_LACKS] = (int32_t)lacks;
}

static void write_expect(const struct op *op, struct form_bytes *out)
{
	bool sets = op_expect_has(op) || op_expect_lacks(op);

	form_put_value(out, (op->flags & (EXPECT_INFO | EXPECT_VALUE)) | (sets ? EXPECT_SETS : 0),
		       1);
	if (sets) {
		form_put_value(out, op_expect_has(op), 2);
		form_put_value(out, op_expect_lacks(op), 2);
	}
}

/* The fields of the kinds that are not SET_IRQS; write_plain() must put what this takes. */
static void read_plain(struct form_reader *r, bool wide, struct op *op)
{
	enum op_kind kind = (enum op_kind)op->kind;

	switch (kind) {
	case OP_RAW:
		op->n = form_choice(r) % (sizeof(op->raw) + 1);
		for (uint32_t i = 0; i < op->n; i++)
			op->raw[i] = (uint8_t)form_value(r, 1);
		return;
	case OP_IRQ_INFO:
		op->index = wide ? form_value32(r) : form_value(r, 1) & 7;
		if (wide)
			op->argsz = form_value32(r);
		return;
	case OP_FIRE:
		op->index = wide ? form_value32(r) : fire_indexes[form_value(r, 1) & 3];
		if (wide)
			op->start = form_value32(r);
		else if (op->index == VFIO_PCI_MSI_IRQ_INDEX ||
			 op->index == VFIO_PCI_MSIX_IRQ_INDEX)
			op->start = form_few_read((uint8_t)form_value(r, 1), FORM_FEW_STARTS);
		return;
	case OP_ENTRY:
	case OP_SCRIBBLE:
		op->start = wide ? form_value32(r)
				 : form_few_read((uint8_t)form_value(r, 1), FORM_FEW_STARTS);
		return;
	case OP_READ:
	case OP_CLOSE:
		op->slot = form_value(r, 1) % PROGRAM_SLOTS;
		return;
	case OP_DUP:
		op->slot = form_value(r, 1) % PROGRAM_SLOTS;
		op->slot2 = form_value(r, 1) % PROGRAM_SLOTS;
		return;
	case OP_FLR:
	case OP_RESET:
	case OP_REOPEN:
	case OP_WIPE:
		return;
	case OP_WRITE:
	case OP_OPEN:
		op->slot = form_value(r, 1) % PROGRAM_SLOTS;
		break;
	case OP_AT:
		op->n = wide ? form_choice(r) : form_choice(r) & 3;
		break;
	case OP_EXPECT:
		if (!wide)
			break;
		read_expect(r, op);
		if (op->flags & EXPECT_INFO) {
			op->flags &= ~EXPECT_VALUE;
			op->index = form_value32(r);
			op->count = form_value32(r);
			return;
		}
		break;
	default:
		break;
	}
	op->value = wide ? form_value(r, sizeof(uint64_t)) : short_value(r, kind);
}

static void write_plain(const struct op *op, bool wide, struct form_bytes *out)
{
	uint32_t fire = 0;

	switch (op->kind) {
	case OP_RAW:
		form_put_choice(out, op_items(op));
		for (uint32_t i = 0; i < op_items(op); i++)
			form_put_value(out, op->raw[i], 1);
		return;
	case OP_IRQ_INFO:
		form_put_value(out, op->index, wide ? 4 : 1);
		if (wide)
			form_put_value(out, op->argsz, 4);
		return;
	case OP_FIRE:
		while (fire < 3 && fire_indexes[fire] != op->index)
			fire++;
		form_put_value(out, wide ? op->index : fire, wide ? 4 : 1);
		if (wide)
			form_put_value(out, op->start, 4);
		else if (fire < 2)
			form_put_value(out, form_few_write(op->start, FORM_FEW_STARTS), 1);
		return;
	case OP_ENTRY:
	case OP_SCRIBBLE:
		form_put_value(out, wide ? op->start : form_few_write(op->start, FORM_FEW_STARTS),
			       wide ? 4 : 1);
		return;
	case OP_READ:
	case OP_CLOSE:
		form_put_value(out, op->slot, 1);
		return;
	case OP_DUP:
		form_put_value(out, op->slot, 1);
		form_put_value(out, op->slot2, 1);
		return;
	case OP_FLR:
	case OP_RESET:
	case OP_REOPEN:
	case OP_WIPE:
		return;
	case OP_WRITE:
	case OP_OPEN:
		form_put_value(out, op->slot, 1);
		break;
	case OP_AT:
		form_put_choice(out, op->n);
		break;
	case OP_EXPECT:
		if (!wide)
			break;
		write_expect(op, out);
		if (op->flags & EXPECT_INFO) {
			form_put_value(out, op->index, 4);
			form_put_value(out, op->count, 4);
			return;
		}
		break;
	default:
		break;
	}
	if (wide)
		form_put_value(out, op->value, 8);
	else
		put_short_value(out, op);
}

void form_read_op(struct form_reader *r, struct op *op)
{
	uint8_t c = form_choice(r);

	if (c < 0x80) {
		form_read_set(r, c, op);
		return;
	}
	c &= 0x7f;
	op_init(op, (enum op_kind)codes[c].kind);
	if (op->kind == OP_SET_IRQS)
		form_read_set_wide(r, op);
	else
		read_plain(r, codes[c].wide, op);
}

static bool reads_back(const struct form_bytes *b, const struct op *op, struct op *again)
{
	uint8_t bytes[FORM_CHOICES + FORM_VALUES];
	struct form_reader r = {.front = bytes, .back = bytes + b->n_values + b->n_choices};

	memcpy(bytes, b->values, b->n_values);
	for (uint32_t i = 0; i < b->n_choices; i++)
		bytes[b->n_values + i] = b->choices[b->n_choices - 1 - i];
	form_read_op(&r, again);
	return r.front == r.back && op_equal(again, op);
}

void form_write_op(const struct op *op, struct form_bytes *out, struct op *again)
{
	enum op_kind kind = (enum op_kind)op->kind;

	if (kind == OP_SET_IRQS) {
		enum set_form form = op->n ? SET_LIST : SET_BARE; /* which has no items */

		for (; form <= SET_WIDE; form++) {
			int choice =
				form == SET_WIDE ? bytes_of[kind][1] : form_set_choice(op, form);

			if (choice < 0)
				continue;
			out->n_choices = out->n_values = 0;
			form_write_set(op, form, (uint32_t)choice, out);
			if (reads_back(out, op, again))
				return;
		}
		return;
	}
	for (int wide = 0; wide < 2 && bytes_of[kind][wide]; wide++) {
		out->n_choices = out->n_values = 0;
		form_put_choice(out, bytes_of[kind][wide]);
		write_plain(op, wide, out);
		if (reads_back(out, op, again))
			return;
	}
}

/*
 * The device, from the back: 0 for none, else bit 0: the short form, bits 1..2 profile, bits 3..5
 * a size of the MSI-X table, bits 6..7 of MSI; in the long form bits 3..5 are that of MSI, bit 6 is
 * set, bit 7 is DEVICE_OPEN, and the values follow. Then a choice with the other flags. LONG_NAMED
 * in place of a size of MSI: profiles and features beyond the two first are named. A choice has the
 * size, bits 0..2, and the profile, and two values are the sets.
 */
#define LONG_NAMED 7u
static const uint16_t short_msix[8] = {8, 4, 1, 2, 3, 16, 64, 0};
static const uint8_t short_msi[4] = {4, 1, 0, 32};
static const uint8_t long_msi[8] = {0, 1, 2, 4, 8, 16, 32, 0};

bool form_read_device(struct form_reader *r, struct program_device *device)
{
	uint8_t c = form_choice(r);
	uint8_t profile = c >> 1 & 3;

	memset(device, 0, sizeof(*device));
	if (!c)
		return false;
	device->profile = profile <= PROFILE_6_12 ? profile : PROFILE_ANY;
	device->flags = form_choice(r) & DEVICE_FLAG_BYTE;
	if (c & 1) {
		device->msix = short_msix[c >> 3 & 7];
		device->msi = short_msi[c >> 6];
		return true;
	}
	device->flags |= c & 0x80 ? DEVICE_OPEN : 0;
	if ((c >> 3 & 7) == LONG_NAMED) {
		uint8_t named = form_choice(r);

		device->msi = long_msi[named & 7];
		device->profile = named >> 3 < PROFILES ? named >> 3 : PROFILE_ANY;
		device->with = (uint16_t)(form_value(r, 2) & FEATURES_ALL);
		device->without = (uint16_t)(form_value(r, 2) & FEATURES_ALL & ~device->with);
	} else {
		device->msi = long_msi[c >> 3 & 7];
	}
	device->msix = (uint16_t)(form_value(r, 2) % (IRQ_MAX_VECTORS + 1));
	device->host_vectors = (uint16_t)form_value(r, 2);
	return true;
}

void form_write_device(const struct program_device *device, struct form_bytes *out)
{
	bool named = device->profile > PROFILE_6_12 || device->with || device->without;
	uint32_t c = named ? 0 : (uint32_t)device->profile << 1, msix = 0, msi = 0;

	out->n_choices = out->n_values = 0;
	while (msix < 8 && short_msix[msix] != device->msix)
		msix++;
	while (msi < 4 && short_msi[msi] != device->msi)
		msi++;
	if (!named && msix < 8 && msi < 4 && !device->host_vectors &&
	    !(device->flags & DEVICE_OPEN)) {
		form_put_choice(out, c | 1 | msix << 3 | msi << 6);
		form_put_choice(out, device->flags & DEVICE_FLAG_BYTE);
		return;
	}
	for (msi = 0; msi < 6 && long_msi[msi] != device->msi;)
		msi++;
	c |= 1u << 6 | (device->flags & DEVICE_OPEN ? 0x80u : 0);
	form_put_choice(out, c | (named ? LONG_NAMED : msi) << 3);
	form_put_choice(out, device->flags & DEVICE_FLAG_BYTE);
	if (named) {
		form_put_choice(out, msi | (uint32_t)device->profile << 3);
		form_put_value(out, device->with, 2);
		form_put_value(out, device->without, 2);
	}
	form_put_value(out, device->msix, 2);
	form_put_value(out, device->host_vectors, 2);
}
