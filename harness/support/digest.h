/* SPDX-License-Identifier: MIT */
/*
 * digest: many numbers made into one 64-bit number, in their order. Same numbers, same digest, on
 * every machine; for telling runs apart, not against anyone who wants them to collide.
 */
#ifndef IRQSTORM_SUPPORT_DIGEST_H
#define IRQSTORM_SUPPORT_DIGEST_H

#include <stdint.h>

#define DIGEST_START 0x1f2e3d4c5b6a7988ULL

static inline uint64_t digest_add(uint64_t digest, uint64_t value)
{
	uint64_t h = (digest ^ value) * 0x9e3779b97f4a7c15ULL;

	return h ^ (h >> 29);
}

#endif
