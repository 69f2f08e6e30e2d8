/* SPDX-License-Identifier: MIT */
#include "program/binary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "program/binary_form.h"

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

static int decode(const uint8_t *data, size_t size, uint32_t max_ops, bool expect,
		  struct program *p)
{
	struct form_reader r = {.front = data, .back = data + size};
	uint32_t at = 0, block = 0; /* the last AT, and how many of its operations are missing */

	program_clear(p);
	if (!size) /* and @data may be NULL */
		return 0;
	p->has_device = form_read_device(&r, &p->device);
	while (r.front < r.back && p->n < max_ops) {
		struct op op;
		int err;

		form_read_op(&r, &op);
		if (op.kind == OP_EXPECT && !expect)
			continue;
		if (block) {
			make_allowed_in_at(&op);
			block--;
		} else if (op.kind == OP_AT) {
			at = p->n;
			block = op.n;
		}
		err = program_add(p, &op);
		if (err)
			return err;
	}
	if (block)
		p->ops[at].n = (uint8_t)(p->ops[at].n - block);
	return 0;
}

int binary_decode(const uint8_t *data, size_t size, struct program *p)
{
	return decode(data, size, BINARY_FUZZ_OPS, false, p);
}

int binary_encode(const struct program *p, uint8_t **out, size_t *size)
{
	size_t room = ((size_t)p->n + 1) * (FORM_CHOICES + FORM_VALUES);
	uint8_t *bytes = malloc(room), *front = bytes, *back;
	struct form_bytes form = {.choices = {0}, .n_choices = 1};

	if (!bytes)
		return -ENOMEM;
	/* The choices grow downwards from the end of the room, and move up to the values. */
	back = bytes + room;
	if (p->has_device)
		form_write_device(&p->device, &form);
	for (uint32_t i = 0;; i++) {
		memcpy(front, form.values, form.n_values);
		front += form.n_values;
		for (uint32_t c = 0; c < form.n_choices; c++)
			*--back = form.choices[c];
		if (i == p->n)
			break;
		form_write_op(&p->ops[i], &form);
	}
	*size = (size_t)(front - bytes) + (size_t)(bytes + room - back);
	memmove(front, back, (size_t)(bytes + room - back));
	*out = bytes;
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
	err = decode(data + BINARY_HEADER, size - BINARY_HEADER, UINT32_MAX, true, p);
	if (!err)
		return 0;
	program_clear(p);
	if (err == -E2BIG)
		return errmsg_set(e, err, EXIT_USAGE, "%s: more than %u operations", name,
				  PROGRAM_MAX_OPS);
	return errmsg_set(e, err, EXIT_ENVIRONMENT, "%s: no memory", name);
}
