/* SPDX-License-Identifier: MIT */
/* slots_mem: slots on the emulator's counters in memory. */
#include <errno.h>
#include <stdlib.h>

#include "emulator/signal_mem.h"
#include "exec/slots.h"
#include "program/program.h"

struct slots_mem {
	struct slots slots;
	struct signal_mem *mem;
	uint32_t dirty; /* 1 << slot: closed, opened, or another name since reset */
	uint32_t open;
};

static struct signal_mem *mem_of(struct slots *s)
{
	return ((struct slots_mem *)s)->mem;
}

static int32_t mem_fd(struct slots *s, int32_t code)
{
	(void)s;
	return code <= PROGRAM_FD_FILE ? code : PROGRAM_FD_CLOSED;
}

static int mem_peek(struct slots *s, uint32_t slot, uint64_t *value)
{
	*value = signal_mem_peek(mem_of(s), slot);
	return 0;
}

static int mem_peek_all(struct slots *s, uint64_t values[])
{
	signal_mem_peek_all(mem_of(s), values, PROGRAM_SLOTS);
	return 0;
}

static int mem_read(struct slots *s, uint32_t slot, uint64_t *value)
{
	*value = signal_mem_read(mem_of(s), slot);
	if (*value)
		return 0;
	return ((struct slots_mem *)s)->open >> slot & 1 ? -EAGAIN : -EBADF;
}

static int mem_write(struct slots *s, uint32_t slot, uint64_t value)
{
	if (!(((struct slots_mem *)s)->open >> slot & 1))
		return -EBADF;
	return signal_mem_write(mem_of(s), slot, value);
}

static int mem_close(struct slots *s, uint32_t slot)
{
	struct slots_mem *m = (struct slots_mem *)s;

	m->dirty |= 1u << slot;
	m->open &= ~(1u << slot);
	return signal_mem_close(m->mem, slot);
}

static int mem_open(struct slots *s, uint32_t slot, bool semaphore)
{
	struct slots_mem *m = (struct slots_mem *)s;

	mem_close(s, slot);
	m->open |= 1u << slot;
	return signal_mem_open(mem_of(s), slot,
			       semaphore ? SIGNAL_MEM_SEMAPHORE : SIGNAL_MEM_EVENTFD);
}

static int mem_dup(struct slots *s, uint32_t from, uint32_t to)
{
	struct slots_mem *m = (struct slots_mem *)s;
	int err = signal_mem_dup(m->mem, from, to);

	if (!err) {
		m->dirty |= 1u << to;
		m->open |= 1u << to;
	}
	return err;
}

static int mem_reset(struct slots *s)
{
	struct slots_mem *m = (struct slots_mem *)s;

	/* One that was never closed has no watcher and no reference now: a counter is all it is. */
	signal_mem_clear(m->mem, PROGRAM_SLOTS);
	for (uint32_t slot = 0; m->dirty && slot < PROGRAM_SLOTS; slot++) {
		int err = m->dirty >> slot & 1 ? mem_open(s, slot, false) : 0;

		if (err)
			return err;
	}
	m->dirty = 0;
	return 0;
}

static uint32_t mem_references(struct slots *s)
{
	return signal_mem_total_references(mem_of(s));
}

static const char *mem_misuse(struct slots *s)
{
	return signal_mem_misuse(mem_of(s));
}

static void mem_destroy(struct slots *s)
{
	signal_mem_destroy(mem_of(s));
	free(s);
}

static const struct slots_ops mem_ops = {
	.fd = mem_fd,
	.read = mem_read,
	.write = mem_write,
	.close = mem_close,
	.open = mem_open,
	.dup = mem_dup,
	.peek = mem_peek,
	.peek_all = mem_peek_all,
	.reset = mem_reset,
	.references = mem_references,
	.misuse = mem_misuse,
	.destroy = mem_destroy,
};

int slots_mem_create(struct slots **out)
{
	struct slots_mem *m = calloc(1, sizeof(*m));
	int err = -ENOMEM;

	if (!m)
		return err;
	err = signal_mem_create(PROGRAM_FD_CLOSED + 1, &m->mem);
	if (err)
		goto err_free;
	err = signal_mem_open(m->mem, PROGRAM_FD_FILE, SIGNAL_MEM_OTHER);
	if (err)
		goto err_destroy;
	m->slots.ops = &mem_ops;
	m->slots.provider = signal_mem_provider(m->mem);
	m->dirty = (1u << PROGRAM_SLOTS) - 1;
	err = mem_reset(&m->slots);
	if (err)
		goto err_destroy;
	*out = &m->slots;
	return 0;

err_destroy:
	signal_mem_destroy(m->mem);
err_free:
	free(m);
	return err;
}
