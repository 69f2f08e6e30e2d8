/* SPDX-License-Identifier: MIT */
/*
 * signal_mem: see signal_mem.h. One lock for slots and reference counts, which only setting and
 * removing triggers touches; the counters themselves are atomic, so that signalling takes no lock.
 */
#include "emulator/signal_mem.h"

#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* An eventfd context: lives until its slot is closed and its last reference is put. */
struct signal_ref {
	alignas(64) _Atomic uint64_t count;
	struct signal_mem *mem;
	enum signal_mem_kind kind;
	uint32_t references;
	bool open;
};

struct signal_mem {
	struct signal_provider provider; /* first: get() finds the rest by it */
	pthread_mutex_t lock;
	uint32_t total_references;
	uint32_t count;
	struct signal_ref *slots[];
};

/* Under mem->lock. NULL: closed, or no such slot. */
static struct signal_ref *slot_get(struct signal_mem *mem, uint32_t slot)
{
	return slot < mem->count ? mem->slots[slot] : NULL;
}

static void free_if_unused(struct signal_ref *ref)
{
	if (!ref->open && !ref->references)
		free(ref);
}

static int mem_get(const struct signal_provider *p, int32_t fd, struct signal_ref **out)
{
	struct signal_mem *mem = (struct signal_mem *)p;
	struct signal_ref *ref;
	int err = 0;

	pthread_mutex_lock(&mem->lock);
	ref = fd < 0 ? NULL : slot_get(mem, (uint32_t)fd);
	if (!ref) {
		err = -EBADF;
	} else if (ref->kind != SIGNAL_MEM_EVENTFD) {
		err = -EINVAL;
	} else {
		ref->references++;
		mem->total_references++;
		*out = ref;
	}
	pthread_mutex_unlock(&mem->lock);
	return err;
}

/* Adds without passing @limit. False: it would have. */
static bool count_add(struct signal_ref *ref, uint64_t value, uint64_t limit)
{
	uint64_t old = atomic_load_explicit(&ref->count, memory_order_relaxed);

	do {
		if (limit - value < old)
			return false;
		/* Release: who reads this count sees what happened before the signal. */
	} while (!atomic_compare_exchange_weak_explicit(
		&ref->count, &old, old + value, memory_order_release, memory_order_relaxed));
	return true;
}

static void mem_signal(struct signal_ref *ref)
{
	count_add(ref, 1, UINT64_MAX); /* R67: the kernel's signal reaches 2^64-1, then vanishes */
}

static void mem_put(struct signal_ref *ref)
{
	struct signal_mem *mem = ref->mem;

	pthread_mutex_lock(&mem->lock);
	ref->references--;
	mem->total_references--;
	free_if_unused(ref);
	pthread_mutex_unlock(&mem->lock);
}

int signal_mem_create(uint32_t slots, struct signal_mem **out)
{
	struct signal_mem *mem = calloc(1, sizeof(*mem) + slots * sizeof(mem->slots[0]));

	if (!mem)
		return -ENOMEM;
	mem->provider = (struct signal_provider){
		.get = mem_get,
		.signal = mem_signal,
		.put = mem_put,
	};
	mem->count = slots;
	pthread_mutex_init(&mem->lock, NULL);
	*out = mem;
	return 0;
}

void signal_mem_destroy(struct signal_mem *mem)
{
	if (!mem)
		return;
	for (uint32_t slot = 0; slot < mem->count; slot++)
		free(mem->slots[slot]);
	pthread_mutex_destroy(&mem->lock);
	free(mem);
}

const struct signal_provider *signal_mem_provider(struct signal_mem *mem)
{
	return &mem->provider;
}

int signal_mem_open(struct signal_mem *mem, uint32_t slot, enum signal_mem_kind kind)
{
	struct signal_ref *ref;
	int err = 0;

	if (slot >= mem->count)
		return -EINVAL;
	ref = aligned_alloc(alignof(struct signal_ref), sizeof(*ref));
	if (!ref)
		return -ENOMEM;
	memset(ref, 0, sizeof(*ref));
	ref->mem = mem;
	ref->kind = kind;
	ref->open = true;

	pthread_mutex_lock(&mem->lock);
	if (mem->slots[slot])
		err = -EBUSY;
	else
		mem->slots[slot] = ref;
	pthread_mutex_unlock(&mem->lock);
	if (err)
		free(ref);
	return err;
}

int signal_mem_close(struct signal_mem *mem, uint32_t slot)
{
	struct signal_ref *ref;

	pthread_mutex_lock(&mem->lock);
	ref = slot_get(mem, slot);
	if (ref) {
		mem->slots[slot] = NULL;
		ref->open = false;
		free_if_unused(ref);
	}
	pthread_mutex_unlock(&mem->lock);
	return ref ? 0 : -EBADF;
}

uint64_t signal_mem_read(struct signal_mem *mem, uint32_t slot)
{
	struct signal_ref *ref;
	uint64_t count = 0;

	pthread_mutex_lock(&mem->lock);
	ref = slot_get(mem, slot);
	if (ref)
		/* Acquire: pairs with the release of count_add(). */
		count = atomic_exchange_explicit(&ref->count, 0, memory_order_acquire);
	pthread_mutex_unlock(&mem->lock);
	return count;
}

int signal_mem_write(struct signal_mem *mem, uint32_t slot, uint64_t value)
{
	struct signal_ref *ref;
	int err = 0;

	if (value == UINT64_MAX)
		return -EINVAL;
	pthread_mutex_lock(&mem->lock);
	ref = slot_get(mem, slot);
	if (!ref)
		err = -EBADF;
	else if (ref->kind != SIGNAL_MEM_EVENTFD)
		err = -EINVAL;
	else if (!count_add(ref, value, UINT64_MAX - 1))
		err = -EAGAIN; /* R67: a user's write stops one short of the kernel's */
	pthread_mutex_unlock(&mem->lock);
	return err;
}

uint64_t signal_mem_peek(struct signal_mem *mem, uint32_t slot)
{
	struct signal_ref *ref;
	uint64_t count = 0;

	pthread_mutex_lock(&mem->lock);
	ref = slot_get(mem, slot);
	if (ref)
		count = atomic_load_explicit(&ref->count, memory_order_acquire);
	pthread_mutex_unlock(&mem->lock);
	return count;
}

uint32_t signal_mem_references(struct signal_mem *mem, uint32_t slot)
{
	struct signal_ref *ref;
	uint32_t references;

	pthread_mutex_lock(&mem->lock);
	ref = slot_get(mem, slot);
	references = ref ? ref->references : 0;
	pthread_mutex_unlock(&mem->lock);
	return references;
}

uint32_t signal_mem_total_references(struct signal_mem *mem)
{
	uint32_t total;

	pthread_mutex_lock(&mem->lock);
	total = mem->total_references;
	pthread_mutex_unlock(&mem->lock);
	return total;
}
