/* SPDX-License-Identifier: MIT */
#include "vmm/pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BURST 8u

static enum vmm_event turn(struct pattern_state *s, uint32_t vector)
{
	s->used[vector] ^= 1;
	return s->used[vector] ? VMM_USE : VMM_RELEASE;
}

/* The lowest vector that is not used, or the highest that is; s->vectors: there is none. */
static uint32_t lowest_free(const struct pattern_state *s)
{
	uint32_t v = s->first;

	while (v < s->vectors && s->used[v])
		v++;
	return v;
}

static uint32_t highest_used(const struct pattern_state *s)
{
	uint32_t v = s->vectors;

	while (v > s->first && !s->used[v - 1])
		v--;
	return v > s->first ? v - 1 : s->vectors;
}

/* One step up (@down false) or down; none left: all the way back without a rest, from the next. */
static enum vmm_event ramp_one_way(struct pattern_state *s, bool down, uint32_t *vector)
{
	if (s->hurry)
		*vector = down ? lowest_free(s) : highest_used(s);
	if (!s->hurry || *vector == s->vectors) {
		s->hurry = false;
		*vector = down ? highest_used(s) : lowest_free(s);
	}
	if (*vector == s->vectors) {
		s->hurry = true;
		*vector = down ? lowest_free(s) : highest_used(s);
	}
	return turn(s, *vector);
}

static enum vmm_event grow_next(struct pattern_state *s, uint32_t *vector)
{
	return ramp_one_way(s, false, vector);
}

static enum vmm_event shrink_next(struct pattern_state *s, uint32_t *vector)
{
	return ramp_one_way(s, true, vector);
}

static enum vmm_event ramp_next(struct pattern_state *s, uint32_t *vector)
{
	if (lowest_free(s) == s->vectors)
		s->down = true;
	if (highest_used(s) == s->vectors)
		s->down = false;
	*vector = s->down ? highest_used(s) : lowest_free(s);
	return turn(s, *vector);
}

static uint32_t any(struct pattern_state *s)
{
	return s->first + rng_below(&s->rng, s->vectors - s->first);
}

static enum vmm_event toggle_next(struct pattern_state *s, uint32_t *vector)
{
	*vector = any(s);
	return turn(s, *vector);
}

/* Every eighth from the top, one after the other: what lies between is never used. */
static enum vmm_event sparse_next(struct pattern_state *s, uint32_t *vector)
{
	uint32_t n = (s->vectors - s->first + BURST - 1) / BURST;

	*vector = s->vectors - 1 - s->at * BURST;
	s->at = (s->at + 1) % n;
	return turn(s, *vector);
}

/* Eight vectors in a row, without a rest, and the same eight back, as a driver is loaded. */
static enum vmm_event burst_next(struct pattern_state *s, uint32_t *vector)
{
	uint32_t n = s->vectors - s->first;
	uint32_t length = n < BURST ? n : BURST, step = s->at % length;

	if (s->at == 2 * length || !s->at) {
		s->at = step = 0;
		s->start = s->first + rng_below(&s->rng, n - length + 1);
	}
	s->at++;
	s->hurry = s->at % length != 0;
	*vector = s->start + step;
	return turn(s, *vector);
}

/* Each of the others for a while. */
static enum vmm_event random_next(struct pattern_state *s, uint32_t *vector)
{
	static enum vmm_event (*const moves[])(struct pattern_state *, uint32_t *) = {
		grow_next, shrink_next, toggle_next, burst_next};

	if (!s->left) {
		s->left = 1 + rng_below(&s->rng, 4 * BURST);
		s->move = rng_below(&s->rng, sizeof(moves) / sizeof(moves[0]));
		s->hurry = false;
		s->at = 0;
	}
	s->left--;
	return moves[s->move](s, vector);
}

static const struct pattern toggle = {"toggle", "one vector, any, comes or goes", toggle_next};
static const struct pattern ramp = {"ramp", "one after the other comes, and goes again", ramp_next};
static const struct pattern grow = {"grow", "one after the other comes; then all go in a row",
				    grow_next};
static const struct pattern shrink = {"shrink", "one after the other goes; then all come in a row",
				      shrink_next};
static const struct pattern sparse = {"sparse", "every eighth comes and goes, from the top",
				      sparse_next};
static const struct pattern burst = {"burst", "eight in a row come at once, and go at once",
				     burst_next};
static const struct pattern random_pattern = {"random", "each of these for a while", random_next};

const struct pattern *const patterns[] = {
	&toggle, &ramp, &grow, &shrink, &sparse, &burst, &random_pattern, NULL,
};

const char *const pattern_names[] = {
	"toggle", "ramp", "grow", "shrink", "sparse", "burst", "random", NULL,
};

const struct pattern *pattern_find(const char *name)
{
	for (int i = 0; patterns[i]; i++) {
		if (!strcmp(patterns[i]->name, name))
			return patterns[i];
	}
	return NULL;
}

int pattern_init(struct pattern_state *s, uint32_t first, uint32_t vectors, bool used,
		 uint64_t seed)
{
	*s = (struct pattern_state){.first = first, .vectors = vectors};
	rng_init(&s->rng, seed, 2);
	s->used = calloc(vectors, 1);
	if (!s->used)
		return -ENOMEM;
	memset(s->used, used, vectors);
	return 0;
}

void pattern_fini(struct pattern_state *s)
{
	free(s->used);
	s->used = NULL;
}
