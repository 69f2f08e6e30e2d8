/* SPDX-License-Identifier: MIT */
/*
 * fuzz_msix_guest: an input is what a guest does to its MSI-X (harness/vmm/guest_program.h), which
 * strategy its VMM follows, and when the device interrupts, also in the middle of the VMM's calls.
 * The guest must get what the PCI rules promise, but for the gaps that the strategy admits.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/common.h"
#include "fuzz/feedback.h"
#include "vmm/guest_run.h"

static struct guest_runner runner;

static void open_runner(void)
{
	struct errmsg e;

	if (runner.be)
		return;
	if (guest_runner_open(&runner, fuzz_bug(), &e)) {
		fprintf(stderr, "irqstorm: %s\n", e.text);
		abort();
	}
	runner.seen = feedback_hit;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct guest_program p;
	struct guest_result result;
	struct errmsg e;

	open_runner();
	fuzz_zoo_watch(runner.be);
	fuzz_digest_begin();
	guest_program_decode(data, size, &p);
	if (guest_program_run(&runner, &p, &result, &e)) {
		fprintf(stderr, "irqstorm: %s\n", e.text);
		abort();
	}
	if (result.finding) {
		fputs("as a guest's program, for `irqstorm run FILE.guest`:\n<<'GUEST'\n", stderr);
		guest_program_print(&p, stderr);
		fputs("GUEST\n", stderr);
		fuzz_finding(result.oracle, NULL, "%s: %s (operation %u of %u)", p.strategy->name,
			     result.text, result.op, p.n);
	}
	fuzz_digest_add(result.digest);
	fuzz_digest_add(result.fires);
	feedback_end();
	return 0;
}
