/* SPDX-License-Identifier: MIT */
/* fiber: see fiber.h. */
#include "exec/fiber.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#define STACK_SIZE (256u * 1024)

#ifdef __has_feature
#define HAS_FEATURE(f) __has_feature(f)
#else
#define HAS_FEATURE(f) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
#define WITH_ASAN 1
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#else
#define WITH_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__) || HAS_FEATURE(thread_sanitizer)
#define WITH_TSAN 1
#include <sanitizer/tsan_interface.h>
#else
#define WITH_TSAN 0
#endif

int fiber_init(struct fiber *f)
{
	*f = (struct fiber){.size = STACK_SIZE};
	f->stack = malloc(f->size);
	return f->stack ? 0 : -ENOMEM;
}

static void tsan_end(struct fiber *f)
{
#if WITH_TSAN
	if (f->stack && f->tsan)
		__tsan_destroy_fiber(f->tsan);
#endif
	f->tsan = NULL;
}

void fiber_fini(struct fiber *f)
{
	tsan_end(f);
	free(f->stack);
	f->stack = NULL;
}

/* On the new stack, right after a switch to @f. */
static void arrived(struct fiber *f)
{
#if WITH_ASAN
	__sanitizer_finish_switch_fiber(f->fake_stack, &f->from->bottom, &f->from->bottom_size);
#else
	(void)f;
#endif
}

/* makecontext() passes ints. */
static void enter(unsigned int high, unsigned int low)
{
	struct fiber *f = (struct fiber *)((uintptr_t)high << 32 | low);

	arrived(f);
	f->fn(f->data);
	abort();
}

void fiber_prepare(struct fiber *f, void (*fn)(void *data), void *data)
{
	uintptr_t self = (uintptr_t)f;

	f->fn = fn;
	f->data = data;
	f->fake_stack = NULL;
	f->bottom = f->stack;
	f->bottom_size = f->size;
#if WITH_ASAN
	/* What a forgotten run has left. */
	__asan_unpoison_memory_region(f->stack, f->size);
#endif
	tsan_end(f);
#if WITH_TSAN
	f->tsan = __tsan_create_fiber(0);
#endif
	getcontext(&f->context);
	f->context.uc_stack.ss_sp = f->stack;
	f->context.uc_stack.ss_size = f->size;
	f->context.uc_link = NULL;
	makecontext(&f->context, (void (*)(void))enter, 2, (unsigned int)(self >> 32),
		    (unsigned int)self);
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
	to->from = from;
#if WITH_ASAN
	__sanitizer_start_switch_fiber(&from->fake_stack, to->bottom, to->bottom_size);
#endif
#if WITH_TSAN
	if (!from->stack)
		from->tsan = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(to->tsan, 0);
#endif
	swapcontext(&from->context, &to->context);
	arrived(from);
}
