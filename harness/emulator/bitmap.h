/* SPDX-License-Identifier: MIT */
/*
 * bitmap: a bit for each vector, so that what concerns a few vectors of a large table costs as much
 * as they do. Plain memory: whoever owns a bitmap guards it.
 */
#ifndef IRQSTORM_EMULATOR_BITMAP_H
#define IRQSTORM_EMULATOR_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "uapi/vfio_irq.h"

#define BITMAP_WORDS (IRQ_MAX_VECTORS / 64)

static inline uint32_t bitmap_words(uint32_t bits)
{
	return (bits + 63) / 64;
}

static inline void bitmap_set(uint64_t *map, uint32_t bit)
{
	map[bit / 64] |= UINT64_C(1) << bit % 64;
}

static inline void bitmap_clear(uint64_t *map, uint32_t bit)
{
	map[bit / 64] &= ~(UINT64_C(1) << bit % 64);
}

static inline bool bitmap_test(const uint64_t *map, uint32_t bit)
{
	return map[bit / 64] >> bit % 64 & 1;
}

/* Takes the lowest bit out of @word, which is not 0. */
static inline uint32_t bitmap_pop(uint64_t *word)
{
	uint32_t bit = (uint32_t)__builtin_ctzll(*word);

	*word &= *word - 1;
	return bit;
}

static inline uint32_t bitmap_weight(const uint64_t *map, uint32_t words)
{
	uint32_t n = 0;

	for (uint32_t w = 0; w < words; w++)
		n += (uint32_t)__builtin_popcountll(map[w]);
	return n;
}

#endif
