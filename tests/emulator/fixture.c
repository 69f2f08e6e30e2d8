/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

void fixture_open_with(struct fixture *f, struct emu_config cfg)
{
	cr_assert_eq(signal_mem_create(SLOTS, &f->mem), 0, "no memory for slots");
	for (uint32_t slot = 0; slot < EVENTFDS; slot++)
		cr_assert_eq(signal_mem_open(f->mem, slot, SIGNAL_MEM_EVENTFD), 0, "slot %u", slot);
	cr_assert_eq(signal_mem_open(f->mem, SLOT_OTHER, SIGNAL_MEM_OTHER), 0, "other slot");
	cfg.signals = signal_mem_provider(f->mem);
	cr_assert_eq(emulator_open(&cfg, &f->be, NULL), 0, "the device does not open");
}

void fixture_open(struct fixture *f, enum profile profile)
{
	struct emu_config cfg;

	emu_config_default(&cfg);
	emu_config_profile(&cfg, profile);
	fixture_open_with(f, cfg);
}

void fixture_open_msix(struct fixture *f, bool cached)
{
	struct emu_config cfg;

	emu_config_default(&cfg);
	cfg.message_cached = cached;
	fixture_open_with(f, cfg);
	cr_assert_eq(set_fds(f->be, MSIX, 0, 3, (int32_t[]){0, 1, -1}), 0, "enable");
}

void fixture_close(struct fixture *f)
{
	backend_close(f->be);
	cr_assert_eq(signal_mem_total_references(f->mem), 0, "close left references");
	signal_mem_destroy(f->mem);
}

int request(struct backend *be, uint32_t flags, uint32_t index, uint32_t start, uint32_t count,
	    const void *data, size_t size)
{
	size_t total = IRQ_SET_HDR_SIZE + size;
	struct vfio_irq_set *set = malloc(total);
	int ret;

	set->argsz = (uint32_t)total;
	set->flags = flags;
	set->index = index;
	set->start = start;
	set->count = count;
	if (size)
		memcpy(set->data, data, size);
	ret = be->ops->set_irqs(be, set, total);
	free(set);
	return ret;
}

int set_fds(struct backend *be, uint32_t index, uint32_t start, uint32_t count, const int32_t *fds)
{
	return request(be, TRIGGER | EVENTFD, index, start, count, fds, count * sizeof(*fds));
}

int set_fd(struct backend *be, uint32_t index, uint32_t vector, int32_t fd)
{
	return set_fds(be, index, vector, 1, &fd);
}

int set_bool(struct backend *be, uint32_t flags, uint32_t index, uint32_t vector, uint8_t value)
{
	return request(be, flags | BOOL, index, vector, 1, &value, 1);
}

int set_none(struct backend *be, uint32_t flags, uint32_t index, uint32_t start, uint32_t count)
{
	return request(be, flags | NONE, index, start, count, NULL, 0);
}

int disable(struct backend *be, uint32_t index)
{
	return set_none(be, TRIGGER, index, 0, 0);
}

int loopback(struct backend *be, uint32_t index, uint32_t vector)
{
	return set_none(be, TRIGGER, index, vector, 1);
}

int unmask_by(struct backend *be, int32_t fd)
{
	return request(be, UNMASK | EVENTFD, INTX, 0, 1, &fd, sizeof(fd));
}

void device(struct backend *be, enum backend_device_op op, uint32_t arg)
{
	int ret = backend_device(be, op, arg);

	cr_assert_eq(ret, 0, "device op %d, %u: %d", op, arg, ret);
}

void fail(struct backend *be, uint32_t nth)
{
	device(be, BACKEND_DEV_FAIL, nth);
}

struct backend_inspect inspect_of(struct backend *be)
{
	struct backend_inspect i;

	cr_assert_eq(backend_inspect(be, &i), 0, "inspect");
	return i;
}

void expect_vectors(struct backend *be, uint64_t allocated, uint64_t active, const char *what)
{
	struct backend_inspect i = inspect_of(be);

	cr_assert_eq(i.allocated[0], allocated, "%s: allocated %#lx", what, i.allocated[0]);
	cr_assert_eq(i.active[0], active, "%s: active %#lx", what, i.active[0]);
}

struct emu_state state_of(struct backend *be)
{
	struct emu_state state;

	emulator_state(be, &state);
	return state;
}

struct emu_vector_state vector_of(struct backend *be, uint32_t vector)
{
	struct emu_vector_state state;

	emulator_vector_state(be, vector, &state);
	return state;
}

uint64_t signals(struct fixture *f, uint32_t slot)
{
	return signal_mem_read(f->mem, slot);
}
