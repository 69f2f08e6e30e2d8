/* SPDX-License-Identifier: MIT */
/*
 * mutate_known: the program that a mutator has in hand, and the bytes that it is. What the engine
 * asks to be mutated is mostly what it was given last, and what it runs always: reading it each
 * time would take as long as to run it.
 */
#include <errno.h>

#include "program/mutate_private.h"

/* Of so many programs that were known, one is read in spite of it. */
#define CHECKED_EVERY 256u

static bool same(const struct program *a, const struct program *b)
{
	if (a->n != b->n || a->has_device != b->has_device ||
	    (a->has_device && memcmp(&a->device, &b->device, sizeof(a->device)) != 0))
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		if (!op_equal(&a->ops[i], &b->ops[i]))
			return false;
	}
	return true;
}

/* -EBADMSG: what is known is wrong. m->out is free for it: nobody crosses over now. */
static int check(struct mutator *m)
{
	const struct binary_origin *o = &m->origins[m->which];
	int err = binary_decode(o->data, o->size, &m->out);

	m->wrong = !err && !same(&m->now, &m->out);
	return m->wrong ? -EBADMSG : err;
}

void mutate_forget(struct mutator *m)
{
	m->known = false;
}

void mutate_wrote(struct mutator *m)
{
	m->which = mutate_other(m);
	binary_adopt_origin(&m->now, m->which);
	m->known = true;
}

int mutate_read(struct mutator *m, const uint8_t *data, size_t size)
{
	const struct binary_origin *o = &m->origins[m->which];
	int err;

	if (m->wrong)
		return -EBADMSG;
	if (m->known && o->size == size && !memcmp(o->data, data, size))
		return ++m->hits % CHECKED_EVERY ? 0 : check(m);
	m->known = false;
	/* A copy of the bytes outlives the engine's. Those that have no room are not kept. */
	if (size && size <= sizeof(m->room[0])) {
		memcpy(m->room[m->which], data, size);
		data = m->room[m->which];
	}
	err = binary_decode_origin(data, size, &m->now, m->origins, m->which);
	m->known = !err && size <= sizeof(m->room[0]);
	return err;
}

int mutator_program(struct mutator *m, const uint8_t *data, size_t size, const struct program **out)
{
	*out = &m->now;
	return mutate_read(m, data, size);
}
