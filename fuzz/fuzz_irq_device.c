/* SPDX-License-Identifier: MIT */
/*
 * fuzz_irq_device: an input is a program, as for fuzz_irq_program; it runs on the target that the
 * environment's IRQSTORM_TARGET names (vfio:auto), opened anew for each input, in lock step with
 * the model. Operations that the target cannot do, and those of which nobody knows what they do to
 * a real device (generator_allows()), are left out.
 *
 * On a kernel that dies of an input nothing of this process is left: the executor's recorder has
 * the program then (exec/recorder.h).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "exec/differential.h"
#include "exec/leak.h"
#include "fuzz/common.h"
#include "fuzz/feedback.h"
#include "fuzz/finding.h"
#include "model/coarse.h"
#include "program/binary.h"

#define LEAK_EVERY 64 /* inputs: a look takes as long as some of them */

/* Of the process, as what fuzz/common.c keeps. */
static struct executor executor;
static bool is_open;
static struct program left; /* of the input, what is carried out */
static struct leak leak;
static struct generator gate;
static struct rng rng;
static uint32_t inputs;
static uint64_t refused; /* calls, by the host */
static char refusal[256];

__attribute__((noreturn)) static void die(const struct errmsg *e)
{
	fprintf(stderr, "irqstorm: %s\n", e->text);
	exit((int)e->exit);
}

static void no_memory(void)
{
	struct errmsg e = {.exit = EXIT_ENVIRONMENT, .text = "out of memory"};

	die(&e);
}

static void close_all(void)
{
	if (refused)
		fprintf(stderr,
			"irqstorm: the host refused %llu calls, which it may; the first: %s\n",
			(unsigned long long)refused, refusal);
	executor_close(&executor);
	program_free(&left);
}

static struct executor *get_executor(void)
{
	const char *target = getenv("IRQSTORM_TARGET");
	struct errmsg e;

	if (is_open)
		return &executor;
	if (executor_open(&executor, target && *target ? target : "vfio:auto", &e) ||
	    leak_init(&leak, &executor, &e))
		die(&e);
	program_init(&left);
	atexit(close_all);
	is_open = true;
	return &executor;
}

/* The gate knows nothing of a block's events, nor would a block be whole without some of them. */
static bool is_wanted(const struct executor *x, const struct op *op, uint32_t *block)
{
	if (*block) {
		--*block;
		return true;
	}
	if (!executor_can(x, op) || !generator_allows(&gate, op))
		return false;
	if (op->kind == OP_AT)
		*block = op->n;
	return true;
}

static void check_leaks(struct executor *x, struct exec_result *r)
{
	struct errmsg e;

	if (x->emulated || ++inputs % LEAK_EVERY)
		return;
	if (leak_check(&leak, x, r, &e))
		die(&e);
}

static void run(struct executor *x, const struct program *p)
{
	struct generator_config cfg;
	struct exec_result r;
	uint32_t state, block = 0;
	struct errmsg e;

	executor_set_faults(x, NULL); /* an input shows alone what it shows */
	if (executor_begin(x, p, &r, &e))
		die(&e);
	differential_config(x, &cfg);
	rng_init(&rng, 0, 0);
	generator_init(&gate, &cfg, &rng);
	program_clear(&left);
	left.has_device = x->emulated && p->has_device;
	left.device = p->device;
	state = model_coarse(&x->model);
	for (uint32_t i = 0; i < p->n && !r.difference; i++) {
		const struct op *op = &p->ops[i];
		int ret;

		if (!is_wanted(x, op, &block))
			continue;
		if (program_add(&left, op))
			no_memory();
		ret = executor_step(x, op, left.n - 1);
		generator_note(&gate, op, ret);
		if (ret == -ECANCELED) /* withheld */
			left.n--;
		feedback_hit(state, model_coarse_event(op, ret));
		state = model_coarse(&x->model);
	}
	if (executor_finish(x, &e))
		die(&e);
	fuzz_digest_add(r.digest);
	if (r.refused && !refused)
		snprintf(refusal, sizeof(refusal), "%s", r.refusal);
	refused += r.refused;
	if (!r.difference)
		check_leaks(x, &r);
	if (r.difference)
		finding_difference_on(&left, &r, x->spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct program p = fuzz_read(data, size);

	fuzz_choose_profile(&p, data, size); /* for emulators */
	fuzz_digest_begin();
	run(get_executor(), &p);
	return 0;
}
