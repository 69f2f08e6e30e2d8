/* SPDX-License-Identifier: MIT */
/* fiber: see fiber.h. */
#include "support/fiber.h"

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

/* On a fiber's own stack, for the first time. */
__attribute__((used, noreturn)) void fiber_enter(struct fiber *f);

void fiber_enter(struct fiber *f)
{
	arrived(f);
	f->fn(f->data);
	abort();
}

/*
 * fiber_leave(&from, to): pushes what the ABI lets a function keep, leaves the stack pointer in
 * *from, and goes on where `to` was left. A new fiber's stack holds what looks like that
 * (first_frame()), and returns into fiber_first, which finds the fiber in a saved register.
 */
void fiber_leave(void **from, void *to);
void fiber_first(void);

#if defined(__x86_64__)
__asm__(".text\n"
	".globl fiber_leave\n"
	".type fiber_leave, @function\n"
	"fiber_leave:\n"
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
	"	ret\n"
	".size fiber_leave, . - fiber_leave\n"
	".globl fiber_first\n"
	".type fiber_first, @function\n"
	"fiber_first:\n"
	"	movq %rbx, %rdi\n"
	"	xorl %ebp, %ebp\n"
	"	call fiber_enter\n"
	".size fiber_first, . - fiber_first\n");

static void *first_frame(struct fiber *f)
{
	/* when fiber_first is returned into, the stack is aligned as before a call */
	uintptr_t *top = (uintptr_t *)(((uintptr_t)f->stack + f->size) & ~(uintptr_t)15) - 2;

	*--top = (uintptr_t)fiber_first;
	*--top = 0;            /* rbp */
	*--top = (uintptr_t)f; /* rbx */
	for (int i = 0; i < 4; i++)
		*--top = 0; /* r12 to r15 */
	return top;
}
#elif defined(__aarch64__)
__asm__(".text\n"
	".globl fiber_leave\n"
	".type fiber_leave, %function\n"
	"fiber_leave:\n"
	"	sub sp, sp, #160\n"
	"	stp x19, x20, [sp]\n"
	"	stp x21, x22, [sp, #16]\n"
	"	stp x23, x24, [sp, #32]\n"
	"	stp x25, x26, [sp, #48]\n"
	"	stp x27, x28, [sp, #64]\n"
	"	stp x29, x30, [sp, #80]\n"
	"	stp d8, d9, [sp, #96]\n"
	"	stp d10, d11, [sp, #112]\n"
	"	stp d12, d13, [sp, #128]\n"
	"	stp d14, d15, [sp, #144]\n"
	"	mov x9, sp\n"
	"	str x9, [x0]\n"
	"	mov sp, x1\n"
	"	ldp x19, x20, [sp]\n"
	"	ldp x21, x22, [sp, #16]\n"
	"	ldp x23, x24, [sp, #32]\n"
	"	ldp x25, x26, [sp, #48]\n"
	"	ldp x27, x28, [sp, #64]\n"
	"	ldp x29, x30, [sp, #80]\n"
	"	ldp d8, d9, [sp, #96]\n"
	"	ldp d10, d11, [sp, #112]\n"
	"	ldp d12, d13, [sp, #128]\n"
	"	ldp d14, d15, [sp, #144]\n"
	"	add sp, sp, #160\n"
	"	ret\n"
	".size fiber_leave, . - fiber_leave\n"
	".globl fiber_first\n"
	".type fiber_first, %function\n"
	"fiber_first:\n"
	"	mov x0, x19\n"
	"	mov x29, xzr\n"
	"	bl fiber_enter\n"
	".size fiber_first, . - fiber_first\n");

static void *first_frame(struct fiber *f)
{
	uintptr_t *sp = (uintptr_t *)(((uintptr_t)f->stack + f->size) & ~(uintptr_t)15) - 20;

	for (int i = 0; i < 20; i++)
		sp[i] = 0;
	sp[0] = (uintptr_t)f;            /* x19 */
	sp[11] = (uintptr_t)fiber_first; /* x30 */
	return sp;
}
#else
#error "fiber: no switch for this architecture"
#endif

void fiber_prepare(struct fiber *f, void (*fn)(void *data), void *data)
{
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
	f->sp = first_frame(f);
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
	fiber_leave(&from->sp, to->sp);
	arrived(from);
}
