/* SPDX-License-Identifier: MIT */
/* mutate_input: the mutator as engines call it: bytes in, bytes out. */
#include <errno.h>
#include <stdlib.h>

#include "program/mutate.h"
#include "program/mutate_private.h"

#define STREAM_MUTATE 1
#define STREAM_CROSS  2

/* Out of 32; the rest are bytes. */
static const uint8_t shares[MUTATE_KINDS] = {
	[MUTATE_INSERT] = 7, [MUTATE_DELETE] = 3, [MUTATE_DUPLICATE] = 2,
	[MUTATE_SWAP] = 2,   [MUTATE_MOVE] = 2,   [MUTATE_TWEAK] = 8,
	[MUTATE_DEVICE] = 2, [MUTATE_CUT] = 1,    [MUTATE_FRESH] = 3,
};

/* MUTATE_KINDS: bytes. */
static enum mutation pick_kind(struct rng *rng)
{
	uint32_t r = rng_below(rng, 32);

	for (uint32_t kind = 0; kind < MUTATE_KINDS; kind++) {
		if (r < shares[kind])
			return (enum mutation)kind;
		r -= shares[kind];
	}
	return MUTATE_KINDS;
}

/* One byte becomes another, comes or goes. */
static size_t mutate_bytes(uint8_t *data, size_t size, size_t max, struct rng *rng)
{
	size_t at = size ? rng_below(rng, (uint32_t)size) : 0;
	uint32_t how = size ? rng_below(rng, 6) : 5;

	if (how == 5 && size < max) {
		memmove(data + at + 1, data + at, size - at);
		data[at] = (uint8_t)rng_u64(rng);
		return size + 1;
	}
	if (how == 4 && size > 1) {
		memmove(data + at, data + at + 1, size - at - 1);
		return size - 1;
	}
	if (!size)
		return 0;
	if (how == 3)
		data[at] ^= (uint8_t)(1u << rng_below(rng, 8));
	else
		data[at] = (uint8_t)rng_u64(rng);
	return size;
}

/* How many of the @n operations that @o tells of fit into @max bytes, device included. */
static uint32_t fitting(const struct binary_origin *o, uint32_t n, size_t max)
{
	while (n) {
		const struct binary_span *last = &o->spans[n - 1];

		if ((size_t)last->value + last->values + last->choice + last->choices <= max)
			break;
		n--;
	}
	return n;
}

/* m->now into @out; one that is too long loses operations from its end. 0: it cannot be stored. */
static size_t store(struct mutator *m, uint8_t *out, size_t max)
{
	struct program *p = &m->now;
	uint32_t other = mutate_other(m);

	for (;;) {
		size_t size =
			binary_encode_origin(p, m->origins, m->room[other], &m->origins[other]);

		if (size <= max) {
			memcpy(out, m->room[other], size);
			mutate_wrote(m);
			return size;
		}
		if (!p->n)
			return 0;
		p->n = fitting(&m->origins[other], p->n, max);
		mutate_mend(p);
	}
}

/* A head that is long says more: whole schedules, of which each is worth as much as a program. */
static void mutate_head(uint8_t *data, size_t head, struct rng *rng)
{
	if (head && !rng_below(rng, head > 4 ? 2 : 8)) {
		uint32_t at = rng_below(rng, (uint32_t)head);

		data[at] = (uint8_t)rng_u64(rng);
	}
}

size_t mutate_input(struct mutator *m, uint8_t *data, size_t size, size_t max, size_t head,
		    uint64_t seed)
{
	struct rng *rng = &m->rng;
	size_t body;

	rng_init(rng, seed, STREAM_MUTATE);
	if (max <= head)
		return 0;
	if (size < head) {
		memset(data + size, 0, head - size);
		size = head;
	}
	mutate_head(data, head, rng);
	if (mutate_read(m, data + head, size - head))
		return 0;
	mutate_forget(m);
	for (uint32_t rounds = 1 + rng_below(rng, 3); rounds; rounds--) {
		enum mutation kind = pick_kind(rng);

		if (kind == MUTATE_KINDS)
			return head + mutate_bytes(data + head, size - head, max - head, rng);
		if (!mutate_program(m, &m->now, kind, rng))
			mutate_program(m, &m->now, MUTATE_INSERT, rng);
	}
	body = store(m, data + head, max - head);
	return body ? head + body : 0;
}

size_t mutate_cross(struct mutator *m, const uint8_t *a, size_t a_size, const uint8_t *b,
		    size_t b_size, uint8_t *out, size_t max, size_t head, uint64_t seed)
{
	struct rng *rng = &m->rng;
	size_t body;

	rng_init(rng, seed, STREAM_CROSS);
	if (max <= head || a_size < head || b_size < head)
		return 0;
	if (mutate_read(m, a + head, a_size - head) ||
	    binary_decode_origin(b + head, b_size - head, &m->out, m->origins, MUTATE_CROSSED))
		return 0;
	mutate_forget(m);
	mutate_join(&m->now, &m->out, rng);
	memcpy(out, a, head);
	body = store(m, out + head, max - head);
	return body ? head + body : 0;
}

/* Ranges of n/2 operations, then of n/4, down to single ones: as many steps as there are ranges. */
static uint32_t range_of(const struct program *p, uint32_t step, uint32_t *from)
{
	for (uint32_t length = (p->n + 1) / 2; length; length = length > 1 ? (length + 1) / 2 : 0) {
		uint32_t ranges = (p->n + length - 1) / length;

		if (step < ranges) {
			*from = step * length;
			return length < p->n - *from ? length : p->n - *from;
		}
		step -= ranges;
	}
	return 0;
}

uint32_t mutate_trim_steps(const struct program *p)
{
	uint32_t steps = 0, from;

	while (range_of(p, steps, &from))
		steps++;
	return steps;
}

int mutate_trim(const struct program *p, uint32_t step, uint8_t **out, size_t *size)
{
	struct program shorter;
	uint32_t from = 0, n = range_of(p, step, &from);
	int err = 0;

	program_init(&shorter);
	shorter.has_device = p->has_device;
	shorter.device = p->device;
	for (uint32_t i = 0; i < p->n && !err; i++) {
		if (i < from || i >= from + n)
			err = program_add(&shorter, &p->ops[i]);
	}
	mutate_mend(&shorter);
	if (!err)
		err = binary_encode(&shorter, out, size);
	program_free(&shorter);
	return err;
}
