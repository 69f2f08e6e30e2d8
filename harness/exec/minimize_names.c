/* SPDX-License-Identifier: MIT */
/*
 * minimize_names: trials that rename slots and vectors all through the program, and that have a
 * plainer device.
 */
#include <string.h>

#include "exec/minimize_private.h"

static bool has_fds(const struct op *op)
{
	return op->kind == OP_SET_IRQS && (op->flags & VFIO_IRQ_SET_DATA_EVENTFD);
}

static bool uses_slot(enum op_kind kind)
{
	return kind == OP_READ || kind == OP_WRITE || kind == OP_CLOSE || kind == OP_OPEN ||
	       kind == OP_DUP;
}

static void visit_slot(uint8_t name[PROGRAM_SLOTS], uint8_t *next, uint32_t slot)
{
	if (name[slot] == PROGRAM_SLOTS)
		name[slot] = (*next)++;
}

/* Slots in the order in which the program first names them. Unused ones: PROGRAM_SLOTS. */
static void first_use(const struct program *p, uint8_t name[PROGRAM_SLOTS])
{
	uint8_t next = 0;

	memset(name, PROGRAM_SLOTS, PROGRAM_SLOTS);
	for (uint32_t i = 0; i < p->n; i++) {
		const struct op *op = &p->ops[i];

		for (uint32_t d = 0; has_fds(op) && d < op_items(op); d++) {
			if (op->data[d] >= 0 && op->data[d] < (int32_t)PROGRAM_SLOTS)
				visit_slot(name, &next, (uint32_t)op->data[d]);
		}
		if (uses_slot((enum op_kind)op->kind))
			visit_slot(name, &next, op->slot);
		if (op->kind == OP_DUP)
			visit_slot(name, &next, op->slot2);
	}
}

static void rename_slots(struct program *p, const uint8_t name[PROGRAM_SLOTS])
{
	for (uint32_t i = 0; i < p->n; i++) {
		struct op *op = &p->ops[i];

		for (uint32_t d = 0; has_fds(op) && d < op_items(op); d++) {
			if (op->data[d] >= 0 && op->data[d] < (int32_t)PROGRAM_SLOTS)
				op->data[d] = name[op->data[d]];
		}
		if (uses_slot((enum op_kind)op->kind))
			op->slot = name[op->slot];
		if (op->kind == OP_DUP)
			op->slot2 = name[op->slot2];
	}
}

static int minimize_slots(struct search *s)
{
	uint8_t name[PROGRAM_SLOTS];
	bool plain = true;
	int err;

	first_use(s->best, name);
	for (uint8_t i = 0; i < PROGRAM_SLOTS; i++)
		plain = plain && (name[i] == i || name[i] == PROGRAM_SLOTS);
	if (plain)
		return 0;
	err = search_copy(s);
	if (err)
		return err;
	rename_slots(&s->trial, name);
	return search_try(s);
}

/* The vector that an operation starts at, or NULL. */
static uint32_t *vector_of(struct op *op)
{
	switch (op->kind) {
	case OP_SET_IRQS:
	case OP_FIRE:
	case OP_ENTRY:
	case OP_SCRIBBLE:
		return &op->start;
	default:
		return NULL;
	}
}

/* The smallest vector above @v that the program names, or @v. */
static uint32_t next_vector(const struct program *p, uint32_t v)
{
	uint32_t next = v;

	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t *at = vector_of(&p->ops[i]);

		if (at && *at > v && (next == v || *at < next))
			next = *at;
	}
	return next;
}

/* Every vector from @from on by @by smaller, or only those that are @from. */
static int shift(struct search *s, uint32_t from, uint32_t by, bool only)
{
	int err = search_copy(s);

	if (err)
		return err;
	for (uint32_t i = 0; i < s->trial.n; i++) {
		uint32_t *at = vector_of(&s->trial.ops[i]);

		if (at && (only ? *at == from : *at >= from))
			*at -= by;
	}
	return search_try(s);
}

static int minimize_vectors(struct search *s)
{
	uint32_t v = 0, next;
	int any = 0;

	while ((next = next_vector(s->best, v)) != v && !s->over) {
		uint64_t to;
		int ret = 0;

		for (uint32_t k = 0; !ret && minimize_number(next, k, &to); k++) {
			/* Later ones cannot pass earlier ones. */
			if (to >= v)
				ret = shift(s, next, next - (uint32_t)to, false);
			if (!ret)
				ret = shift(s, next, next - (uint32_t)to, true);
		}
		if (ret < 0)
			return ret;
		any |= ret;
		v = ret ? 0 : next;
	}
	return any;
}

/* Without item @item of operation @i; what lies beyond moves up. */
static int close_up(struct search *s, uint32_t i, uint32_t item)
{
	struct op *op;
	int err = search_copy(s);

	if (err)
		return err;
	op = &s->trial.ops[i];
	memmove(op->data + item, op->data + item + 1, (op->n - item - 1u) * sizeof(op->data[0]));
	op->data[--op->n] = 0;
	op->count--;
	for (uint32_t k = 0; k < s->trial.n; k++) {
		uint32_t *at = vector_of(&s->trial.ops[k]);

		if (at && k != i && *at > op->start + item)
			--*at;
	}
	return search_try(s);
}

static int minimize_lists(struct search *s)
{
	for (uint32_t i = 0; i < s->best->n; i++) {
		const struct op *op = &s->best->ops[i];

		if (op->kind != OP_SET_IRQS || op->n < 2 || op->count != op->n)
			continue;
		for (uint32_t item = 0; item < op->n && !s->over; item++) {
			int ret = close_up(s, i, item);

			if (ret)
				return ret;
		}
	}
	return 0;
}

int minimize_names(struct search *s)
{
	static int (*const parts[])(struct search * s) = {
		minimize_lists,
		minimize_vectors,
		minimize_slots,
	};
	int any = 0;

	for (uint32_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int ret = parts[i](s);

		if (ret < 0)
			return ret;
		any |= ret;
	}
	return any;
}

/* The @k-th plainer device. False: no more. */
static bool plainer_device(struct program_device *d, uint32_t k)
{
	static const uint16_t msi[] = {0, 1, 2, 4, 8, 16};
	uint64_t v;

	if (d->profile != PROFILE_ANY && k-- == 0) {
		d->profile = PROFILE_ANY;
		return true;
	}
	for (uint32_t bit = 1; bit <= FEATURES_ALL; bit <<= 1) {
		if (((d->with | d->without) & bit) && k-- == 0) {
			d->with &= (uint16_t)~bit;
			d->without &= (uint16_t)~bit;
			return true;
		}
	}
	if (d->host_vectors && k-- == 0) {
		d->host_vectors = 0;
		return true;
	}
	for (uint32_t flag = 1; flag <= DEVICE_FLAGS; flag <<= 1) {
		if (((d->flags ^ DEVICE_DEFAULT) & flag) && k-- == 0) {
			d->flags ^= (uint8_t)flag;
			return true;
		}
	}
	for (uint32_t i = 0; i < sizeof(msi) / sizeof(msi[0]) && msi[i] < d->msi; i++) {
		if (k-- == 0) {
			d->msi = msi[i];
			return true;
		}
	}
	if (!minimize_number(d->msix, k, &v))
		return false;
	d->msix = (uint16_t)v;
	return true;
}

int minimize_device(struct search *s)
{
	uint32_t k = 0;
	int any = 0;

	while (s->best->has_device && !s->over) {
		struct program_device d = s->best->device;
		bool none = k == 0; /* the plainest of all */
		int ret;

		if (!none && !plainer_device(&d, k - 1))
			break;
		ret = search_copy(s);
		if (ret)
			return ret;
		s->trial.device = d;
		if (none) {
			s->trial.has_device = false;
			memset(&s->trial.device, 0, sizeof(s->trial.device));
		}
		ret = search_try(s);
		if (ret < 0)
			return ret;
		any |= ret;
		k = ret ? 0 : k + 1;
	}
	return any;
}
