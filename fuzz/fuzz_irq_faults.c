/* SPDX-License-Identifier: MIT */
/*
 * fuzz_irq_faults: programs whose calls fail in the middle: unwinding, and references to the last
 * one, must be as the model says. The first byte of an input says which calls fail (bit i % 8 for
 * call i), the second at which fallible step (from FAULTS_ALL on: at each in turn); the program is
 * in the rest.
 */
#include "fuzz/common.h"

#define FAULTS_HEAD  2u
#define FAULTS_STEPS 16u
#define FAULTS_ALL   0xf0u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct program p;

	if (size < FAULTS_HEAD)
		return 0;
	p = fuzz_read(data + FAULTS_HEAD, size - FAULTS_HEAD);
	fuzz_choose_profile(&p, data + FAULTS_HEAD, size - FAULTS_HEAD);
	fuzz_digest_begin();
	if (data[1] < FAULTS_ALL) {
		fuzz_run(&p, 1 + data[1] % FAULTS_STEPS, data[0]);
		return 0;
	}
	for (uint32_t nth = 1; nth <= FAULTS_STEPS; nth++)
		fuzz_run(&p, nth, data[0]);
	return 0;
}
