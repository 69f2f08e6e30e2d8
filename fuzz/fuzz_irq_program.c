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

	/* The device's byte is the last: its bits for the profile have a fourth value to spare. */
	fuzz_choose_profile(&p, size && (data[size - 1] >> 1 & 3) == 3);
	fuzz_digest_begin();
	fuzz_run(&p, 0, 0);
	return 0;
}
