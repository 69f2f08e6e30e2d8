/* SPDX-License-Identifier: MIT */
/* common: see common.h. */
#include "fuzz/common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/emulator.h"
#include "emulator/zoo.h"
#include "exec/target.h"
#include "fuzz/feedback.h"
#include "fuzz/finding.h"
#include "model/coarse.h"
#include "support/clock.h"
#include "support/digest.h"

static struct executor executor;
static bool is_open, thorough;
static struct program program, failing;
static struct mutator mutator;
static uint64_t digest;
static uint64_t executions, started_ns; /* of this process, for IRQSTORM_ZOO_LOG */

struct program *fuzz_program(void)
{
	program_clear(&program);
	executions++;
	return &program;
}

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "irqstorm: %s\n", what);
	abort();
}

struct mutator *fuzz_mutator(void)
{
	return &mutator;
}

struct program fuzz_read(const uint8_t *data, size_t size)
{
	const struct program *p;
	int err = mutator_program(&mutator, data, size, &p);

	executions++;
	if (err)
		die(err == -EBADMSG ? "the mutator's program is not that of its bytes: a bug in "
				      "harness/program, not a finding"
				    : "out of memory");
	return *p;
}

void fuzz_digest_begin(void)
{
	digest = DIGEST_START;
}

void fuzz_digest_add(uint64_t value)
{
	digest = digest_add(digest, value);
}

uint64_t fuzz_digest(void)
{
	return digest;
}

void fuzz_choose_profile(struct program *p, const uint8_t *data, size_t size)
{
	bool old = size && (data[size - 1] >> 1 & 3) == 3;

	if (p->has_device && p->device.profile == PROFILE_ANY)
		p->device.profile = old ? PROFILE_6_1 : PROFILE_6_12;
}

const char *fuzz_bug(void)
{
	const char *bug = getenv("IRQSTORM_BUG");

	return bug && *bug ? bug : NULL;
}

static void log_canary(void *data, const char *canary)
{
	const char *path = getenv("IRQSTORM_ZOO_LOG");
	FILE *f = path && *path ? fopen(path, "a") : NULL;

	(void)data;
	if (!f)
		return;
	fprintf(f, "%s %llu %.3f\n", canary, (unsigned long long)executions,
		(double)(clock_ns() - started_ns) / 1e9);
	fclose(f);
}

void fuzz_zoo_watch(struct backend *be)
{
	if (!started_ns)
		started_ns = clock_ns();
	emulator_zoo_first(be, log_canary, NULL);
}

void fuzz_open(struct executor *x)
{
	struct errmsg e;
	char *spec = target_with_bug("emu", fuzz_bug(), &e);

	if (!spec || executor_open(x, spec, &e))
		die(e.text);
	free(spec);
	fuzz_zoo_watch(x->be);
}

/* One for all: a program's device is made of the one before, in place. */
static struct executor *get_executor(void)
{
	if (!is_open)
		fuzz_open(&executor);
	is_open = true;
	return &executor;
}

void fuzz_close(void)
{
	if (is_open)
		executor_close(&executor);
	is_open = false;
	program_free(&program);
	program_free(&failing);
	mutator_fini(&mutator);
}

void fuzz_set_thorough(void)
{
	thorough = true;
}

static void check_agrees(const struct program *p, const char *what, uint64_t a, uint64_t b)
{
	if (a != b)
		fuzz_finding("state", p, "%s: the device tells %llu at one place, %llu at another",
			     what, (unsigned long long)a, (unsigned long long)b);
}

/* What emulator_state() and emulator_vector_state() say against inspect(), which was compared. */
static void look_around(struct executor *x, const struct program *p)
{
	struct emu_vector_state vector;
	struct backend_inspect seen;
	struct emu_state state;
	uint32_t active = 0, allocated = 0, pending = 0;
	bool msix;

	if (backend_inspect(x->be, &seen))
		return;
	emulator_state(x->be, &state);
	msix = state.type == VFIO_PCI_MSIX_IRQ_INDEX;
	for (uint32_t v = 0; v < x->model.msix_count; v++) {
		emulator_vector_state(x->be, v, &vector);
		check_agrees(p, "active", vector.active,
			     msix && (seen.active[v / 64] >> v % 64 & 1));
		check_agrees(p, "allocated", vector.allocated,
			     msix && (seen.allocated[v / 64] >> v % 64 & 1));
		active += vector.active;
		allocated += vector.allocated;
		pending += vector.pending;
	}
	check_agrees(p, "type", state.type, seen.type);
	check_agrees(p, "references", state.references, seen.references);
	check_agrees(p, "pending bits", state.pending, pending);
	if (msix) {
		check_agrees(p, "active vectors", state.active, active);
		check_agrees(p, "allocated vectors", state.allocated, allocated);
	}
	fuzz_digest_add(model_digest(&x->model));
}

/*
 * Is it one of the programs whose calls are looked at inside, too? That costs as much as all the
 * rest, so a few of them have to do; which ones is in the program, so that a finding comes again.
 */
#define WATCHED_EVERY 32u

static bool is_watched(const struct program *p)
{
	uint32_t h = p->n;

	for (uint32_t i = 0; i < p->n; i++)
		h = h * 31 + p->ops[i].kind + p->ops[i].start + p->ops[i].slot;
	return (h ^ h >> 7) % WATCHED_EVERY == 0;
}

static void run(const struct program *p)
{
	struct executor *x = get_executor();
	struct exec_result r;
	uint32_t state;
	struct errmsg e;

	x->watch_steps = thorough || is_watched(p);
	if (executor_begin(x, p, &r, &e))
		die(e.text);
	state = model_coarse(&x->model);
	for (uint32_t i = 0; i < p->n && !r.difference; i++) {
		int ret = executor_step(x, &p->ops[i], i);

		feedback_hit(state, model_coarse_event(&p->ops[i], ret));
		state = model_coarse(&x->model);
	}
	if (thorough && !r.difference)
		look_around(x, p);
	if (executor_finish(x, &e))
		die(e.text);
	if (r.difference)
		finding_difference(p, &r);
	fuzz_digest_add(r.digest);
	feedback_end();
}

/* As a program of its own, so that a finding can be printed and run again. */
static void make_failing(const struct program *p, uint32_t nth, uint8_t calls)
{
	struct op fail = op_make(OP_FAIL);
	uint32_t call = 0;

	program_clear(&failing);
	failing.has_device = p->has_device;
	failing.device = p->device;
	fail.value = nth;
	for (uint32_t i = 0; i < p->n; i++) {
		if (op_is_call(&p->ops[i]) && (calls >> call++ % 8 & 1) &&
		    program_add(&failing, &fail))
			die("out of memory");
		if (program_add(&failing, &p->ops[i]))
			die("out of memory");
	}
}

void fuzz_run(const struct program *p, uint32_t nth, uint8_t calls)
{
	if (!nth) {
		run(p);
		return;
	}
	make_failing(p, nth, calls);
	run(&failing);
}
