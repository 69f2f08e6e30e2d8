/* SPDX-License-Identifier: MIT */
/*
 * mutator_libfuzzer: the structure-aware mutator as libFuzzer calls it. IRQSTORM_INPUT_HEAD: bytes
 * of the target's inputs before the program.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/common.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
				 size_t size2, uint8_t *out, size_t max_out_size,
				 unsigned int seed);

/* IRQSTORM_MUTATOR=plain: as if there were no mutator here, to measure what it is worth. */
static bool plain(void)
{
	static int known = -1;

	if (known < 0) {
		const char *value = getenv("IRQSTORM_MUTATOR");

		known = value && !strcmp(value, "plain");
	}
	return known;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	/* The engine's own knows things that ours does not: what it has seen to work. */
	if (seed % 16 == 0 || plain())
		return LLVMFuzzerMutate(data, size, max_size);
	return mutate_input(fuzz_mutator(), data, size, max_size, IRQSTORM_INPUT_HEAD, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
				 size_t size2, uint8_t *out, size_t max_out_size, unsigned int seed)
{
	if (plain()) {
		size_t size = size1 < max_out_size ? size1 : max_out_size;

		memcpy(out, data1, size);
		return LLVMFuzzerMutate(out, size, max_out_size);
	}
	return mutate_cross(fuzz_mutator(), data1, size1, data2, size2, out, max_out_size,
			    IRQSTORM_INPUT_HEAD, seed);
}
