/* SPDX-License-Identifier: MIT */
/*
 * signal_mem: see signal_mem.h. One lock for slots and reference counts, which only setting and
 * removing triggers touches; the counters themselves are atomic, so that signalling takes no lock
 * unless somebody watches. A watched context has a lock of its own, held over wakes; never taken
 * together with the other.
 */
#include "emulator/signal_mem.h"

#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* An eventfd context: lives until its slots are closed and its last reference is put. */
struct signal_ref {
	alignas(64) _Atomic uint64_t count;
	atomic_bool watched; /* a hint for those who do not hold watch_lock */
	struct signal_mem *mem;
	enum signal_mem_kind kind;
	/* under mem->lock */
	uint32_t references;
	uint32_t open; /* slots */
	uint32_t pins; /* calls that use it without a reference */

	pthread_mutex_t watch_lock;
	const struct signal_watcher *watcher;
	void *watch_data;
};

struct signal_mem {
	struct signal_provider provider; /* first: get() finds the rest by it */
	pthread_mutex_t lock;
	uint32_t total_references;
	uint32_t count;
	struct signal_ref *slots[];
};

/* current->in_eventfd: this thread is inside a wake (R68). */
static _Thread_local bool in_wake;

/* Under mem->lock. NULL: closed, or no such slot. */
static struct signal_ref *slot_get(struct signal_mem *mem, uint32_t slot)
{
	return slot < mem->count ? mem->slots[slot] : NULL;
}

static void free_if_unused(struct signal_ref *ref)
{
	if (ref->open || ref->references || ref->pins)
		return;
	pthread_mutex_destroy(&ref->watch_lock);
	free(ref);
}

static void unpin(struct signal_mem *mem, struct signal_ref *ref)
{
	pthread_mutex_lock(&mem->lock);
	ref->pins--;
	free_if_unused(ref);
	pthread_mutex_unlock(&mem->lock);
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
	} else if (ref->kind == SIGNAL_MEM_OTHER) {
		err = -EINVAL;
	} else {
		ref->references++;
		mem->total_references++;
		*out = ref;
	}
	pthread_mutex_unlock(&mem->lock);
	return err;
}

/*
 * Adds without passing @limit. False: it would have. seq_cst, as is `watched`: either who adds sees
 * the watcher, or who watches sees the count. It also lets who reads the count see what happened
 * before the signal.
 */
static bool count_add(struct signal_ref *ref, uint64_t value, uint64_t limit)
{
	uint64_t old = atomic_load_explicit(&ref->count, memory_order_relaxed);

	do {
		if (limit - value < old)
			return false;
	} while (!atomic_compare_exchange_weak(&ref->count, &old, old + value));
	return true;
}

/* read(): everything, or 1 of a semaphore. */
static uint64_t count_take(struct signal_ref *ref)
{
	uint64_t old;

	if (ref->kind != SIGNAL_MEM_SEMAPHORE)
		return atomic_exchange(&ref->count, 0);
	old = atomic_load(&ref->count);
	do {
		if (!old)
			return 0;
	} while (!atomic_compare_exchange_weak(&ref->count, &old, old - 1));
	return 1;
}

static bool is_watched(const struct signal_ref *ref)
{
	return __builtin_expect(atomic_load(&ref->watched), 0);
}

/* Under watch_lock. */
static void set_watcher(struct signal_ref *ref, const struct signal_watcher *watcher, void *data)
{
	ref->watcher = watcher;
	ref->watch_data = data;
	atomic_store(&ref->watched, watcher != NULL);
}

/* @ref stays valid for the caller, who holds a reference or a pin. */
static void wake(struct signal_ref *ref, bool hup)
{
	const struct signal_watcher *watcher;
	bool work = false;
	void *data;

	pthread_mutex_lock(&ref->watch_lock);
	watcher = ref->watcher;
	data = ref->watch_data;
	if (watcher) {
		if (hup)
			set_watcher(ref, NULL, NULL);
		in_wake = true;
		work = watcher->wake(data, ref, hup);
		in_wake = false;
	}
	pthread_mutex_unlock(&ref->watch_lock);
	if (work)
		watcher->work(data, ref, hup);
}

static void mem_signal(struct signal_ref *ref)
{
	if (in_wake)
		return;
	count_add(ref, 1, UINT64_MAX); /* R67: the kernel's signal reaches 2^64-1, then vanishes */
	if (is_watched(ref))
		wake(ref, false); /* also when it vanished, as eventfd_signal() does */
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

static bool mem_watch(struct signal_ref *ref, const struct signal_watcher *watcher, void *data)
{
	struct signal_mem *mem = ref->mem;
	bool readable, closed;

	pthread_mutex_lock(&mem->lock);
	ref->pins++;
	pthread_mutex_unlock(&mem->lock);

	pthread_mutex_lock(&ref->watch_lock);
	set_watcher(ref, watcher, data);
	pthread_mutex_unlock(&ref->watch_lock);
	readable = atomic_load(&ref->count) != 0;

	/* Closed since the lookup: a kernel that attaches holds the file until it is done. */
	pthread_mutex_lock(&mem->lock);
	closed = !ref->open;
	pthread_mutex_unlock(&mem->lock);
	if (closed)
		wake(ref, true);
	unpin(mem, ref);
	return readable;
}

static void mem_unwatch(struct signal_ref *ref)
{
	pthread_mutex_lock(&ref->watch_lock);
	set_watcher(ref, NULL, NULL);
	pthread_mutex_unlock(&ref->watch_lock);
}

static const void *mem_token(struct signal_ref *ref)
{
	return ref;
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
		.watch = mem_watch,
		.unwatch = mem_unwatch,
		.consume = count_take,
		.token = mem_token,
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
	for (uint32_t slot = 0; slot < mem->count; slot++) {
		if (mem->slots[slot])
			signal_mem_close(mem, slot);
	}
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
	ref->open = 1;
	pthread_mutex_init(&ref->watch_lock, NULL);

	pthread_mutex_lock(&mem->lock);
	if (mem->slots[slot]) {
		err = -EBUSY;
		ref->open = 0;
		free_if_unused(ref);
	} else {
		mem->slots[slot] = ref;
	}
	pthread_mutex_unlock(&mem->lock);
	return err;
}

/* Under mem->lock. Empties @slot. Not NULL: its context has no slot any more and is pinned. */
static struct signal_ref *slot_close(struct signal_mem *mem, uint32_t slot)
{
	struct signal_ref *ref = mem->slots[slot];

	mem->slots[slot] = NULL;
	if (!ref || --ref->open)
		return NULL;
	ref->pins++;
	return ref;
}

/* The last close: eventfd_release(). */
static void released(struct signal_mem *mem, struct signal_ref *ref)
{
	if (!ref)
		return;
	if (is_watched(ref))
		wake(ref, true);
	unpin(mem, ref);
}

int signal_mem_dup(struct signal_mem *mem, uint32_t from, uint32_t to)
{
	struct signal_ref *ref, *closed = NULL;
	int err = 0;

	pthread_mutex_lock(&mem->lock);
	ref = slot_get(mem, from);
	if (!ref || to >= mem->count) {
		err = -EBADF;
	} else if (from != to) {
		ref->open++;
		closed = slot_close(mem, to);
		mem->slots[to] = ref;
	}
	pthread_mutex_unlock(&mem->lock);
	released(mem, closed);
	return err;
}

int signal_mem_close(struct signal_mem *mem, uint32_t slot)
{
	struct signal_ref *ref, *closed = NULL;

	pthread_mutex_lock(&mem->lock);
	ref = slot_get(mem, slot);
	if (ref)
		closed = slot_close(mem, slot);
	pthread_mutex_unlock(&mem->lock);
	released(mem, closed);
	return ref ? 0 : -EBADF;
}

uint64_t signal_mem_read(struct signal_mem *mem, uint32_t slot)
{
	struct signal_ref *ref;
	uint64_t count = 0;

	pthread_mutex_lock(&mem->lock);
	ref = slot_get(mem, slot);
	if (ref)
		count = count_take(ref);
	pthread_mutex_unlock(&mem->lock);
	return count;
}

int signal_mem_write(struct signal_mem *mem, uint32_t slot, uint64_t value)
{
	struct signal_ref *ref, *watched = NULL;
	int err = 0;

	if (value == UINT64_MAX)
		return -EINVAL;
	pthread_mutex_lock(&mem->lock);
	ref = slot_get(mem, slot);
	if (!ref) {
		err = -EBADF;
	} else if (ref->kind == SIGNAL_MEM_OTHER) {
		err = -EINVAL;
	} else if (!count_add(ref, value, UINT64_MAX - 1)) {
		err = -EAGAIN; /* R67: a user's write stops one short of the kernel's */
	} else if (is_watched(ref)) {
		watched = ref;
		ref->pins++;
	}
	pthread_mutex_unlock(&mem->lock);

	if (watched) {
		wake(watched, false); /* a write of 0 wakes, too: eventfd_write() */
		unpin(mem, watched);
	}
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

void signal_mem_peek_all(struct signal_mem *mem, uint64_t *counts, uint32_t n)
{
	pthread_mutex_lock(&mem->lock);
	for (uint32_t slot = 0; slot < n; slot++) {
		struct signal_ref *ref = slot_get(mem, slot);

		counts[slot] = ref ? atomic_load_explicit(&ref->count, memory_order_acquire) : 0;
	}
	pthread_mutex_unlock(&mem->lock);
}

void signal_mem_clear(struct signal_mem *mem, uint32_t n)
{
	pthread_mutex_lock(&mem->lock);
	for (uint32_t slot = 0; slot < n; slot++) {
		struct signal_ref *ref = slot_get(mem, slot);

		if (ref && atomic_load_explicit(&ref->count, memory_order_relaxed))
			atomic_store(&ref->count, 0);
	}
	pthread_mutex_unlock(&mem->lock);
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
