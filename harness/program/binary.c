/* SPDX-License-Identifier: MIT */
#include "program/binary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "program/binary_form.h"

_Static_assert(FORM_CHOICES + FORM_VALUES <= BINARY_ROOM(0), "an operation fits into its room");

/* Inside a block only some operations can run: the others become the nearest that can. */
static void make_allowed_in_at(struct op *op)
{
	struct op other;

	if (op_allowed_in_at((enum op_kind)op->kind))
		return;
	if (op->kind == OP_SET_IRQS || op->kind == OP_ENTRY || op->kind == OP_SCRIBBLE) {
		other = op_make(OP_FIRE);
		other.index = op->kind == OP_SET_IRQS && op->index != VFIO_PCI_INTX_IRQ_INDEX
				      ? op->index
				      : VFIO_PCI_MSIX_IRQ_INDEX;
		other.start = op->start;
	} else {
		other = op_make(OP_READ);
		other.slot = op->slot;
	}
	*op = other;
}

/* What @r took since it was as @before, of the @size bytes at @data. */
static struct binary_span span_between(const uint8_t *data, size_t size,
				       const struct form_reader *before,
				       const struct form_reader *r)
{
	struct binary_span span = {
		.value = (uint16_t)(before->front - data),
		.choice = (uint16_t)(data + size - before->back),
		.values = (uint8_t)(r->front - before->front),
		.choices = (uint8_t)(before->back - r->back),
	};

	return span;
}

/* op.origin of operation @i of origin @which. */
static uint32_t origin_of(uint32_t which, uint32_t i)
{
	return 1 + which * BINARY_FUZZ_OPS + i;
}

/* @origins: NULL, or the one of them to note is @which. */
static int decode(const uint8_t *data, size_t size, uint32_t max_ops, bool expect,
		  struct program *p, struct binary_origin *origins, uint32_t which)
{
	struct form_reader r = {.front = data, .back = data + size};
	uint32_t at = 0, block = 0; /* the last AT, and how many of its operations are missing */
	bool fits = origins && size <= UINT16_MAX;

	program_clear(p);
	if (!size) /* and @data may be NULL */
		return 0;
	p->has_device = form_read_device(&r, &p->device);
	while (r.front < r.back && p->n < max_ops) {
		struct form_reader before = r;
		int err = program_reserve(p, 1);
		struct op *op = p->ops + p->n;

		if (err)
			return err;
		form_read_op(&r, op);
		if (op->kind == OP_EXPECT && !expect)
			continue;
		/* Elsewhere, what follows would be read in place of the zeros beyond the end. */
		if (fits && !r.cut) {
			origins[which].spans[p->n] = span_between(data, size, &before, &r);
			op->origin = origin_of(which, p->n);
		}
		if (block) {
			make_allowed_in_at(op);
			block--;
		} else if (op->kind == OP_AT) {
			at = p->n;
			block = op->n;
		}
		p->n++;
	}
	if (block) {
		p->ops[at].n = (uint8_t)(p->ops[at].n - block);
		p->ops[at].origin = 0;
	}
	return 0;
}

int binary_decode(const uint8_t *data, size_t size, struct program *p)
{
	return decode(data, size, BINARY_FUZZ_OPS, false, p, NULL, 0);
}

int binary_decode_origin(const uint8_t *data, size_t size, struct program *p,
			 struct binary_origin *origins, uint32_t which)
{
	origins[which].data = data;
	origins[which].size = size;
	return decode(data, size, BINARY_FUZZ_OPS, false, p, origins, which);
}

/*
 * Where bytes are put: values upwards from the start of the room, choices downwards from its end.
 */
struct writer {
	uint8_t *room, *end;
	uint8_t *front, *back;
};

static void put_form(struct writer *w, const struct form_bytes *form)
{
	memcpy(w->front, form->values, form->n_values);
	w->front += form->n_values;
	for (uint32_t c = 0; c < form->n_choices; c++)
		*--w->back = form->choices[c];
}

/* Where the next operation will lie, of which only the lengths are not known. */
static struct binary_span here(const struct writer *w)
{
	return (struct binary_span){
		.value = (uint16_t)(w->front - w->room),
		.choice = (uint16_t)(w->end - w->back),
	};
}

/*
 * @ops, which lies in @origins, and those after it that lie there in a row: put as one. Returns
 * how many. @left: there are so many. @note: for the first of them.
 */
static uint32_t put_spans(struct writer *w, const struct op *ops, uint32_t left,
			  const struct binary_origin *origins, struct binary_span *note)
{
	uint32_t first = ops->origin - 1, n = 1, values, choices;
	const struct binary_origin *o = origins + first / BINARY_FUZZ_OPS;
	const struct binary_span *span = o->spans + first % BINARY_FUZZ_OPS, *last = span;
	struct binary_span at = here(w);

	/* What was left out between two of them (EXPECT) is not to come back. */
	while (n < left && ops[n].origin == ops->origin + n &&
	       last < o->spans + BINARY_FUZZ_OPS - 1 &&
	       last[1].choice == last->choice + last->choices) {
		last++;
		n++;
	}
	values = (uint32_t)last->value + last->values - span->value;
	choices = (uint32_t)last->choice + last->choices - span->choice;
	memcpy(w->front, o->data + span->value, values);
	w->front += values;
	w->back -= choices;
	memcpy(w->back, o->data + o->size - span->choice - choices, choices);
	for (uint32_t i = 0; i < n; i++) {
		note[i] = span[i];
		note[i].value = (uint16_t)(span[i].value - span->value + at.value);
		note[i].choice = (uint16_t)(span[i].choice - span->choice + at.choice);
	}
	return n;
}

/* *@again: as it reads. Returns where it lies. */
static struct binary_span put_op(struct writer *w, const struct op *op, struct op *again)
{
	struct binary_span at = here(w);
	struct form_bytes form;

	form_write_op(op, &form, again);
	put_form(w, &form);
	at.values = (uint8_t)form.n_values;
	at.choices = (uint8_t)form.n_choices;
	return at;
}

/* With the device in it. */
static struct writer writer_begin(const struct program *p, uint8_t *room)
{
	struct form_bytes form = {.choices = {0}, .n_choices = 1};
	uint8_t *end = room + BINARY_ROOM(p->n);
	struct writer w = {.room = room, .end = end, .front = room, .back = end};

	if (p->has_device)
		form_write_device(&p->device, &form);
	put_form(&w, &form);
	return w;
}

/* Both parts become one. Returns the size. */
static size_t writer_end(const struct writer *w)
{
	size_t values = (size_t)(w->front - w->room), choices = (size_t)(w->end - w->back);

	memmove(w->front, w->back, choices);
	return values + choices;
}

size_t binary_encode_origin(struct program *p, const struct binary_origin *origins, uint8_t *room,
			    struct binary_origin *note)
{
	struct writer w = writer_begin(p, room);
	struct form_reader r;
	uint32_t done;

	for (uint32_t i = 0; i < p->n; i += done) {
		struct op *op = p->ops + i, again;

		done = 1;
		if (op->origin) {
			done = put_spans(&w, op, p->n - i, origins, note->spans + i);
		} else {
			note->spans[i] = put_op(&w, op, &again);
			*op = again;
		}
	}
	note->data = room;
	note->size = writer_end(&w);
	r = (struct form_reader){.front = room, .back = room + note->size};
	p->has_device = form_read_device(&r, &p->device);
	return note->size;
}

void binary_adopt_origin(struct program *p, uint32_t which)
{
	for (uint32_t i = 0; i < p->n; i++)
		p->ops[i].origin = origin_of(which, i);
}

int binary_encode(const struct program *p, uint8_t **out, size_t *size)
{
	struct writer w;
	struct op again;

	*out = malloc(BINARY_ROOM(p->n));
	if (!*out)
		return -ENOMEM;
	w = writer_begin(p, *out);
	for (uint32_t i = 0; i < p->n; i++)
		put_op(&w, &p->ops[i], &again);
	*size = writer_end(&w);
	return 0;
}

static void put_u32(uint8_t *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

static uint32_t get_u32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

int binary_save(const struct program *p, FILE *f)
{
	uint8_t header[BINARY_HEADER], *bytes;
	size_t size;
	int err = binary_encode(p, &bytes, &size);

	if (err)
		return err;
	memcpy(header, BINARY_MAGIC, 4);
	put_u32(header + 4, BINARY_VERSION);
	put_u32(header + 8, (uint32_t)size);
	if (fwrite(header, sizeof(header), 1, f) != 1 || fwrite(bytes, size, 1, f) != 1)
		err = -EIO;
	free(bytes);
	return err;
}

bool binary_is_stored(const void *data, size_t size)
{
	return size >= 4 && !memcmp(data, BINARY_MAGIC, 4);
}

static int check_header(const uint8_t *data, size_t size, const char *name, struct errmsg *e)
{
	if (!binary_is_stored(data, size))
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "%s: not a stored program: it does not begin with " BINARY_MAGIC,
				  name);
	if (size < BINARY_HEADER)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "%s: cut short within its header", name);
	if (get_u32(data + 4) != BINARY_VERSION)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "%s: stored in format version %u, this irqstorm reads version %u",
				  name, get_u32(data + 4), BINARY_VERSION);
	if (get_u32(data + 8) != size - BINARY_HEADER)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "%s: its header announces %u bytes, %zu follow", name,
				  get_u32(data + 8), size - BINARY_HEADER);
	return 0;
}

int binary_load(const uint8_t *data, size_t size, const char *name, struct program *p,
		struct errmsg *e)
{
	int err = check_header(data, size, name, e);

	program_clear(p);
	if (err)
		return err;
	err = decode(data + BINARY_HEADER, size - BINARY_HEADER, UINT32_MAX, true, p, NULL, 0);
	if (!err)
		return 0;
	program_clear(p);
	if (err == -E2BIG)
		return errmsg_set(e, err, EXIT_USAGE, "%s: more than %u operations", name,
				  PROGRAM_MAX_OPS);
	return errmsg_set(e, err, EXIT_ENVIRONMENT, "%s: no memory", name);
}
