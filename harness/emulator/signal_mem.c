/* SPDX-License-Identifier: MIT */
/*
 * signal_mem: see signal_mem.h. One lock for slots and reference counts, which only setting and
 * removing triggers touches; the counters themselves are atomic, so that signalling takes no lock
 * unless somebody watches. A watched context has a lock of its own, held over wakes; never taken
 * together with the other.
 */
#include "emulator/signal_mem.h"

#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/lock.h"

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
	struct signal_ref *next_buried;

	struct lock watch_lock;
	const struct signal_watcher *watcher;
	void *watch_data;
};

struct signal_mem {
	struct signal_provider provider; /* first: get() finds the rest by it */
	struct lock lock;
	uint32_t total_references;
	const char *misuse;        /* the first one, where no scheduler is told */
	struct signal_ref *buried; /* used by nobody, and not freed as yet */
	uint32_t count;
	struct signal_ref *slots[];
};

/* Under mem->lock. NULL: closed, or no such slot. */
static struct signal_ref *slot_get(struct signal_mem *mem, uint32_t slot)
{
	lock_guards(&mem->lock);
	return slot < mem->count ? mem->slots[slot] : NULL;
}

static void ref_free(struct signal_ref *ref)
{
	lock_fini(&ref->watch_lock);
	free(ref);
}

/* Where a misuse is told, it is only buried: who uses it once more is to be told from others. */
static bool told_of_misuse(void)
{
	return lock_scheduler() || lock_thread.alone;
}

static void free_if_unused(struct signal_ref *ref)
{
	struct signal_mem *mem = ref->mem;

	lock_guards(&mem->lock);
	if (ref->open || ref->references || ref->pins)
		return;
	if (!told_of_misuse()) {
		ref_free(ref);
		return;
	}
	ref->next_buried = mem->buried;
	mem->buried = ref;
}

static void free_buried(struct signal_mem *mem)
{
	while (mem->buried) {
		struct signal_ref *ref = mem->buried;

		mem->buried = ref->next_buried;
		ref_free(ref);
	}
}

/* Is a reference held? If not a kernel would crash, sooner or later. */
static bool check_held(const struct signal_ref *ref, const char *what, const char *where)
{
	struct lock_scheduler *s = lock_scheduler();

	if (__builtin_expect(!told_of_misuse() || ref->references, 1))
		return true;
	if (s)
		s->misuse(s, what, where);
	else if (!ref->mem->misuse)
		ref->mem->misuse = what;
	return false;
}

static void unpin(struct signal_mem *mem, struct signal_ref *ref)
{
	lock_take(&mem->lock);
	ref->pins--;
	free_if_unused(ref);
	lock_drop(&mem->lock);
}

static int mem_get(const struct signal_provider *p, int32_t fd, struct signal_ref **out)
{
	struct signal_mem *mem = (struct signal_mem *)p;
	struct signal_ref *ref;
	int err = 0;

	lock_take(&mem->lock);
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
	lock_drop(&mem->lock);
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
	lock_guards(&ref->watch_lock);
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

	lock_take(&ref->watch_lock);
	watcher = ref->watcher;
	data = ref->watch_data;
	lock_step();
	if (watcher) {
		if (hup)
			set_watcher(ref, NULL, NULL);
		lock_thread.in_wake = true;
		work = watcher->wake(data, ref, hup);
		lock_thread.in_wake = false;
	}
	lock_drop(&ref->watch_lock);
	if (work)
		watcher->work(data, ref, hup);
}

static void mem_signal(struct signal_ref *ref)
{
	if (lock_thread.in_wake)
		return;
	if (!check_held(ref, "signals an eventfd that it has put", __func__))
		return;
	count_add(ref, 1, UINT64_MAX); /* R67: the kernel's signal reaches 2^64-1, then vanishes */
	if (is_watched(ref))
		wake(ref, false); /* also when it vanished, as eventfd_signal() does */
}

static void mem_put(struct signal_ref *ref)
{
	struct signal_mem *mem = ref->mem;

	lock_take(&mem->lock);
	if (check_held(ref, "puts an eventfd that it has put", __func__)) {
		ref->references--;
		mem->total_references--;
		free_if_unused(ref);
	}
	lock_drop(&mem->lock);
}

static bool mem_watch(struct signal_ref *ref, const struct signal_watcher *watcher, void *data)
{
	struct signal_mem *mem = ref->mem;
	bool readable, closed;

	lock_take(&mem->lock);
	lock_guards(&mem->lock);
	ref->pins++;
	lock_drop(&mem->lock);

	lock_take(&ref->watch_lock);
	set_watcher(ref, watcher, data);
	lock_drop(&ref->watch_lock);
	readable = atomic_load(&ref->count) != 0;

	/* Closed since the lookup: a kernel that attaches holds the file until it is done. */
	lock_take(&mem->lock);
	lock_guards(&mem->lock);
	closed = !ref->open;
	lock_drop(&mem->lock);
	if (closed)
		wake(ref, true);
	unpin(mem, ref);
	return readable;
}

static void mem_unwatch(struct signal_ref *ref)
{
	lock_take(&ref->watch_lock);
	set_watcher(ref, NULL, NULL);
	lock_drop(&ref->watch_lock);
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
	lock_init(&mem->lock, LOCK_FILES);
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
	free_buried(mem);
	lock_fini(&mem->lock);
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
	lock_init(&ref->watch_lock, LOCK_WATCH);

	lock_take(&mem->lock);
	lock_guards(&mem->lock);
	if (mem->slots[slot]) {
		err = -EBUSY;
		ref->open = 0;
		free_if_unused(ref);
	} else {
		mem->slots[slot] = ref;
	}
	lock_drop(&mem->lock);
	return err;
}

/* Under mem->lock. Empties @slot. Not NULL: its context has no slot any more and is pinned. */
static struct signal_ref *slot_close(struct signal_mem *mem, uint32_t slot)
{
	struct signal_ref *ref = mem->slots[slot];

	lock_guards(&mem->lock);
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

	lock_take(&mem->lock);
	ref = slot_get(mem, from);
	if (!ref || to >= mem->count) {
		err = -EBADF;
	} else if (from != to) {
		ref->open++;
		closed = slot_close(mem, to);
		mem->slots[to] = ref;
	}
	lock_drop(&mem->lock);
	released(mem, closed);
	return err;
}

int signal_mem_close(struct signal_mem *mem, uint32_t slot)
{
	struct signal_ref *ref, *closed = NULL;

	lock_take(&mem->lock);
	ref = slot_get(mem, slot);
	if (ref)
		closed = slot_close(mem, slot);
	lock_drop(&mem->lock);
	released(mem, closed);
	return ref ? 0 : -EBADF;
}

uint64_t signal_mem_read(struct signal_mem *mem, uint32_t slot)
{
	struct signal_ref *ref;
	uint64_t count = 0;

	lock_take(&mem->lock);
	ref = slot_get(mem, slot);
	if (ref)
		count = count_take(ref);
	lock_drop(&mem->lock);
	return count;
}

int signal_mem_write(struct signal_mem *mem, uint32_t slot, uint64_t value)
{
	struct signal_ref *ref, *watched = NULL;
	int err = 0;

	if (value == UINT64_MAX)
		return -EINVAL;
	lock_take(&mem->lock);
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
	lock_drop(&mem->lock);

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

	lock_take(&mem->lock);
	ref = slot_get(mem, slot);
	if (ref)
		count = atomic_load_explicit(&ref->count, memory_order_acquire);
	lock_drop(&mem->lock);
	return count;
}

void signal_mem_peek_all(struct signal_mem *mem, uint64_t *counts, uint32_t n)
{
	lock_take(&mem->lock);
	for (uint32_t slot = 0; slot < n; slot++) {
		struct signal_ref *ref = slot_get(mem, slot);

		counts[slot] = ref ? atomic_load_explicit(&ref->count, memory_order_acquire) : 0;
	}
	lock_drop(&mem->lock);
}

void signal_mem_clear(struct signal_mem *mem, uint32_t n)
{
	lock_take(&mem->lock);
	free_buried(mem);
	mem->misuse = NULL;
	for (uint32_t slot = 0; slot < n; slot++) {
		struct signal_ref *ref = slot_get(mem, slot);

		if (ref && atomic_load_explicit(&ref->count, memory_order_relaxed))
			atomic_store(&ref->count, 0);
	}
	lock_drop(&mem->lock);
}

uint32_t signal_mem_references(struct signal_mem *mem, uint32_t slot)
{
	struct signal_ref *ref;
	uint32_t references;

	lock_take(&mem->lock);
	ref = slot_get(mem, slot);
	references = ref ? ref->references : 0;
	lock_drop(&mem->lock);
	return references;
}

const char *signal_mem_misuse(const struct signal_mem *mem)
{
	return mem->misuse;
}

uint32_t signal_mem_total_references(struct signal_mem *mem)
{
	uint32_t total;

	lock_take(&mem->lock);
	total = mem->total_references;
	lock_drop(&mem->lock);
	return total;
}
