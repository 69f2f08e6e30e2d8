/* SPDX-License-Identifier: MIT */
/*
 * fuzz_irq_program: an input is a whole program (harness/program/binary.h), device and all. It runs
 * on the emulator in lock step with the model, which must agree on every answer and on the state
 * behind it.
 */
#include "fuzz/common.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct program p = fuzz_read(data, size);

	fuzz_choose_profile(&p, data, size);
	fuzz_digest_begin();
	fuzz_run(&p, 0, 0);
	return 0;
}
