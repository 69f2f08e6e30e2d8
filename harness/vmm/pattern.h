/* SPDX-License-Identifier: MIT */
/*
 * pattern: how a guest's need for vectors changes: which one it unmasks or masks next. Owns no
 * vector: what the VMM makes of it is a strategy's (strategy.h). Pure; random by its own rng.
 */
#ifndef IRQSTORM_VMM_PATTERN_H
#define IRQSTORM_VMM_PATTERN_H

#include "vmm/strategy.h"

struct pattern_state {
	uint32_t first, vectors; /* [first, vectors) come and go */
	uint8_t *used;           /* of `vectors` entries: unmasked now */
	struct rng rng;
	bool down;           /* ramp: on the way back */
	bool hurry;          /* the next event belongs to this one: no rest in between */
	uint32_t at, start;  /* within a burst or a sweep, and where that began */
	uint32_t move, left; /* random: which other one, and for how long */
};

struct pattern {
	const char *name;
	const char *summary;
	/* VMM_USE or VMM_RELEASE of *vector, noted in `used` already. */
	enum vmm_event (*next)(struct pattern_state *s, uint32_t *vector);
};

extern const struct pattern *const patterns[];
extern const char *const pattern_names[]; /* in the same order; both NULL-terminated */
const struct pattern *pattern_find(const char *name);

/* [@first, @vectors), at least one, come and go; @used: they are there at the start. 0 or -ENOMEM.
 */
int pattern_init(struct pattern_state *s, uint32_t first, uint32_t vectors, bool used,
		 uint64_t seed);
void pattern_fini(struct pattern_state *s);

#endif
