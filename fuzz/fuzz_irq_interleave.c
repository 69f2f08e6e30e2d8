/* SPDX-License-Identifier: MIT */
/*
 * fuzz_irq_interleave: two callers and a device that interrupts, by turns that the input says, on
 * one thread (harness/exec/interleave.h). What comes of it must be what some order of the model's
 * steps gives; locks are taken in their order, nobody waits for ever, nothing is used after its
 * put.
 *
 * Byte 0 of an input is how many operations run one after the other first, bytes 1 and 2 whose the
 * others are, bytes 3 to 15 the turns; the program is in the rest. Interrupts are the device's.
 */
#include <stdio.h>
#include <stdlib.h>

#include "exec/interleave.h"
#include "fuzz/common.h"
#include "fuzz/feedback.h"
#include "model/coarse.h"
#include "program/text.h"

#define HEAD       16u
#define HEAD_TURNS 3u
#define SETUP_MAX  16u

static struct executor executor;
static struct interleave *interleave;

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "irqstorm: %s\n", what);
	abort();
}

static void close_all(void)
{
	interleave_destroy(interleave);
	executor_close(&executor);
	interleave = NULL;
}

static void open_all(void)
{
	if (interleave)
		return;
	fuzz_open(&executor);
	if (interleave_create(&executor, &interleave))
		die("out of memory");
	atexit(close_all);
}

__attribute__((noreturn)) static void tell(const struct program *p,
					   const struct interleave_result *r)
{
	fprintf(stderr, "irqstorm: finding: interleave: %s\n", r->text);
	fprintf(stderr, "key:    %s\n", r->key);
	fprintf(stderr, "replay: give the input to this target again\n");
	fprintf(stderr, "what ran by turns\n");
	interleave_print(interleave, stderr);
	fprintf(stderr, "of the program\n");
	text_print(p, stderr);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct interleave_plan plan;
	struct interleave_result r;
	struct program p;
	uint32_t state;
	struct errmsg e;

	if (size < HEAD)
		return 0;
	p = fuzz_read(data + HEAD, size - HEAD);
	fuzz_choose_profile(&p, data + HEAD, size - HEAD);
	if (p.has_device && p.device.msix > INTERLEAVE_VECTORS)
		p.device.msix = INTERLEAVE_VECTORS;
	plan = (struct interleave_plan){
		.setup = data[0] % SETUP_MAX,
		.dealt = (uint32_t)data[1] | (uint32_t)data[2] << 8,
		.schedule = data + HEAD_TURNS,
		.turns = HEAD - HEAD_TURNS,
	};
	fuzz_digest_begin();
	open_all();
	if (interleave_run(interleave, &p, &plan, &r, &e))
		die(e.text);
	if (r.finding)
		tell(&p, &r);
	state = model_coarse(&executor.model);
	for (uint32_t i = 0; i < r.switches; i++)
		feedback_hit(state, r.switched[i]);
	fuzz_digest_add(r.digest);
	feedback_end();
	return 0;
}
