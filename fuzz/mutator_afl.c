/* SPDX-License-Identifier: MIT */
/*
 * mutator_afl: the structure-aware mutator as AFL++ calls it (AFL_CUSTOM_MUTATOR_LIBRARY), with
 * trimming by operations in place of bytes. Needs no header of AFL++. IRQSTORM_INPUT_HEAD: bytes of
 * the target's inputs before the program.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "program/binary.h"
#include "program/mutate.h"

#define OUT_MAX (64u << 10)

struct afl_mutator {
	struct mutator m;
	uint64_t seed, round;
	uint8_t out[OUT_MAX];

	/* Trimming */
	uint8_t head[IRQSTORM_INPUT_HEAD + 1];
	struct program trimmed;
	uint32_t step, steps; /* of `trimmed` as it is now */
	uint32_t end;         /* the step that AFL++ takes for the end */
	uint8_t *shorter;     /* with its head */
};

void *afl_custom_init(void *afl, unsigned int seed);
size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t buf_size, uint8_t **out_buf,
		       uint8_t *add_buf, size_t add_buf_size, size_t max_size);
int32_t afl_custom_init_trim(void *data, uint8_t *buf, size_t buf_size);
size_t afl_custom_trim(void *data, uint8_t **out_buf);
int32_t afl_custom_post_trim(void *data, unsigned char success);
void afl_custom_deinit(void *data);

void *afl_custom_init(void *afl, unsigned int seed)
{
	struct afl_mutator *a = calloc(1, sizeof(*a));

	(void)afl;
	if (!a)
		return NULL;
	mutator_init(&a->m);
	program_init(&a->trimmed);
	a->seed = seed;
	return a;
}

size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t buf_size, uint8_t **out_buf,
		       uint8_t *add_buf, size_t add_buf_size, size_t max_size)
{
	struct afl_mutator *a = data;
	size_t max = max_size < OUT_MAX ? max_size : OUT_MAX, size = 0;
	uint64_t seed = a->seed + a->round++ * 0x9e3779b97f4a7c15ULL;

	if (add_buf && add_buf_size && a->round % 4 == 0)
		size = mutate_cross(&a->m, buf, buf_size, add_buf, add_buf_size, a->out, max,
				    IRQSTORM_INPUT_HEAD, seed);
	if (!size) {
		size = buf_size < max ? buf_size : max;
		memcpy(a->out, buf, size);
		size = mutate_input(&a->m, a->out, size, max, IRQSTORM_INPUT_HEAD, seed);
	}
	*out_buf = a->out;
	return size;
}

int32_t afl_custom_init_trim(void *data, uint8_t *buf, size_t buf_size)
{
	struct afl_mutator *a = data;

	a->step = a->steps = a->end = 0;
	if (buf_size <= IRQSTORM_INPUT_HEAD)
		return 0;
	memcpy(a->head, buf, IRQSTORM_INPUT_HEAD);
	if (binary_decode(buf + IRQSTORM_INPUT_HEAD, buf_size - IRQSTORM_INPUT_HEAD, &a->trimmed))
		return 0;
	a->steps = mutate_trim_steps(&a->trimmed);
	a->end = a->steps;
	return (int32_t)a->end;
}

size_t afl_custom_trim(void *data, uint8_t **out_buf)
{
	struct afl_mutator *a = data;
	uint8_t *bytes, *grown;
	size_t size;

	*out_buf = a->head;
	if (mutate_trim(&a->trimmed, a->step, &bytes, &size))
		return 0;
	grown = realloc(a->shorter, IRQSTORM_INPUT_HEAD + size);
	if (!grown) {
		free(bytes);
		return 0;
	}
	a->shorter = grown;
	memcpy(grown, a->head, IRQSTORM_INPUT_HEAD);
	memcpy(grown + IRQSTORM_INPUT_HEAD, bytes, size);
	free(bytes);
	/* What it gave last is what post_trim() judges. */
	*out_buf = grown;
	return IRQSTORM_INPUT_HEAD + size;
}

/* The next step. One that worked leaves a shorter program, which has ranges of its own: from 0. */
int32_t afl_custom_post_trim(void *data, unsigned char success)
{
	struct afl_mutator *a = data;
	uint8_t *bytes;
	size_t size;

	if (!success) {
		a->step++;
	} else if (!mutate_trim(&a->trimmed, a->step, &bytes, &size)) {
		if (binary_decode(bytes, size, &a->trimmed))
			a->trimmed.n = 0;
		free(bytes);
		a->step = 0;
		a->steps = mutate_trim_steps(&a->trimmed);
	}
	return (int32_t)(a->step < a->steps ? a->step : a->end);
}

void afl_custom_deinit(void *data)
{
	struct afl_mutator *a = data;

	mutator_fini(&a->m);
	program_free(&a->trimmed);
	free(a->shorter);
	free(a);
}
