/* SPDX-License-Identifier: MIT */
/*
 * mutator_libfuzzer: the structure-aware mutator as libFuzzer calls it. IRQSTORM_INPUT_HEAD: bytes
 * of the target's inputs before the program.
 */
#include <stddef.h>
#include <stdint.h>

#include "program/mutate.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
				 size_t size2, uint8_t *out, size_t max_out_size,
				 unsigned int seed);

static struct mutator mutator;

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	/* The engine's own knows things that ours does not: what it has seen to work. */
	if (seed % 16 == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	return mutate_input(&mutator, data, size, max_size, IRQSTORM_INPUT_HEAD, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
				 size_t size2, uint8_t *out, size_t max_out_size, unsigned int seed)
{
	return mutate_cross(&mutator, data1, size1, data2, size2, out, max_out_size,
			    IRQSTORM_INPUT_HEAD, seed);
}
