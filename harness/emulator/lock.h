/* SPDX-License-Identifier: MIT */
/*
 * lock: the emulator's mutexes, and the places where another caller may come in between. Outside a
 * scheduler a lock is a mutex and a place is nothing. Under one (exec/interleave.h), which runs
 * several callers by turns on one thread, neither blocks: the scheduler is told, and decides who
 * goes on. What it is of is a property of the thread, like the kernel's `current`.
 *
 * lock_step() stands between what a critical section looks at and what it does, so that a lock that
 * is left out, or a handler that is not waited for, comes out as what a kernel would make of it.
 *
 * Classes are in the order in which they are taken, outermost first; none is taken twice. Files are
 * leaves of a few instructions: no other caller comes in there.
 */
#ifndef IRQSTORM_EMULATOR_LOCK_H
#define IRQSTORM_EMULATOR_LOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum lock_class {
	LOCK_DEVICE,   /* device_lock(): resets */
	LOCK_IGATE,    /* SET_IRQS handlers, config writes (R10, R78) */
	LOCK_BUS,      /* pci_bus_sem: resets walk the bus, and so does AER (R77) */
	LOCK_SINGLE,   /* the trigger of ERR or REQ */
	LOCK_HOST_IRQ, /* a host irq, while its handler runs */
	LOCK_INTX_IRQ, /* the same of INTX */
	LOCK_WATCH,    /* the wait queue of an eventfd */
	LOCK_INTX,     /* irqlock (R75) */
	LOCK_FILES,    /* the table of descriptors */
	LOCK_CLASSES,
};
const char *lock_class_name(enum lock_class class);

struct lock {
	pthread_mutex_t mutex;
	uint8_t class;  /* enum lock_class */
	uint8_t holder; /* a scheduler's own: which caller, plus 1 */
};

/* What a scheduler is told. @where: the function that it happens in. */
struct lock_scheduler {
	void (*take)(struct lock_scheduler *s, struct lock *lock, const char *where);
	void (*drop)(struct lock_scheduler *s, struct lock *lock, const char *where);
	/* Another caller may come in here. */
	void (*step)(struct lock_scheduler *s, const char *where);
	/* The caller can only go on when another has done something. */
	void (*wait)(struct lock_scheduler *s, const char *where);
	/* What @lock guards is used: the caller must hold it. */
	void (*guards)(struct lock_scheduler *s, const struct lock *lock, const char *where);
	/* An eventfd is used that the caller holds no reference on, a lock is dropped that nobody
	 * holds. */
	void (*misuse)(struct lock_scheduler *s, const char *what, const char *where);
};

/* Of this thread. */
struct lock_thread {
	struct lock_scheduler *scheduler; /* NULL: none */
	bool in_wake;                     /* current->in_eventfd: inside a wake (R68) */
	/*
	 * Nobody else uses what this thread calls, from here until it is false again: locks are
	 * left out, a fifth of what a short program takes.
	 */
	bool alone;
};
extern _Thread_local struct lock_thread lock_thread;

static inline struct lock_scheduler *lock_scheduler(void)
{
	return __builtin_expect(lock_thread.scheduler != NULL, 0) ? lock_thread.scheduler : NULL;
}

void lock_init(struct lock *lock, enum lock_class class);
void lock_fini(struct lock *lock);
void lock_wait(const char *where); /* one turn of a busy wait */

static inline void lock_take_at(struct lock *lock, const char *where)
{
	struct lock_scheduler *s = lock_scheduler();

	if (s)
		s->take(s, lock, where);
	else if (!lock_thread.alone)
		pthread_mutex_lock(&lock->mutex);
}

static inline void lock_drop_at(struct lock *lock, const char *where)
{
	struct lock_scheduler *s = lock_scheduler();

	if (s)
		s->drop(s, lock, where);
	else if (!lock_thread.alone)
		pthread_mutex_unlock(&lock->mutex);
}

static inline void lock_guards_at(const struct lock *lock, const char *where)
{
	struct lock_scheduler *s = lock_scheduler();

	if (s)
		s->guards(s, lock, where);
}

static inline void lock_step_at(const char *where)
{
	struct lock_scheduler *s = lock_scheduler();

	if (s)
		s->step(s, where);
}

/*
 * Of a lock that is a spin lock outside a scheduler, and a flag under one. No place of its own: the
 * kernel's walks over a table are one step to everybody.
 */
void lock_flag_take(bool *held, const char *where);
void lock_flag_drop(bool *held, const char *where);
static inline void lock_flag_guards(const bool *held, const char *where)
{
	struct lock_scheduler *s = lock_scheduler();

	if (s && !*held)
		s->misuse(s, "uses an entry of a table without its lock", where);
}

#define lock_take(lock)   lock_take_at((lock), __func__)
#define lock_drop(lock)   lock_drop_at((lock), __func__)
#define lock_step()       lock_step_at(__func__)
/* Where what @lock guards is used, other than right behind its lock_take(). */
#define lock_guards(lock) lock_guards_at((lock), __func__)

#endif
