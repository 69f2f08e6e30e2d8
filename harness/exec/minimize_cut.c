/* SPDX-License-Identifier: MIT */
/* minimize_cut: trials with fewer operations. */
#include <errno.h>

#include "exec/minimize_private.h"

#define PAIRS_OPS   48u /* at most so many operations for every two of them to be tried */
#define TRIPLES_OPS 14u

/* An OP_AT with nothing left in its block does nothing. */
static void drop_empty_blocks(struct program *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n; i++) {
		if (p->ops[i].kind != OP_AT || p->ops[i].n)
			p->ops[n++] = p->ops[i];
	}
	p->n = n;
}

/*
 * Copies the best but for the operations that @cut chooses; an OP_AT whose block shrinks takes
 * fewer, and the block of one that goes becomes plain operations.
 */
static int copy_unless(struct search *s, bool (*cut)(const void *data, uint32_t i),
		       const void *data)
{
	const struct program *p = s->best;
	uint32_t block_end = 0, target = 0; /* of the last OP_AT that stays */

	program_clear(&s->trial);
	s->trial.has_device = p->has_device;
	s->trial.device = p->device;
	for (uint32_t i = 0; i < p->n; i++) {
		int err;

		if (cut(data, i)) {
			if (i < block_end)
				s->trial.ops[target].n--;
			continue;
		}
		err = program_add(&s->trial, &p->ops[i]);
		if (err)
			return err;
		if (p->ops[i].kind == OP_AT) {
			block_end = i + 1 + p->ops[i].n;
			target = s->trial.n - 1;
		}
	}
	drop_empty_blocks(&s->trial);
	return 0;
}

struct range {
	uint32_t from, n;
};

static bool in_range(const void *data, uint32_t i)
{
	const struct range *r = data;

	return i >= r->from && i - r->from < r->n;
}

int search_without(struct search *s, uint32_t from, uint32_t n)
{
	return copy_unless(s, in_range, &(struct range){from, n});
}

/* From the back: what an operation is there for comes after it. */
static int cut_chunks(struct search *s, uint32_t chunk)
{
	uint32_t i = s->best->n;
	int any = 0;

	while (i > 0 && !s->over) {
		uint32_t n = i < chunk ? i : chunk;
		int ret = search_without(s, i - n, n);

		if (!ret)
			ret = search_try(s);
		if (ret < 0)
			return ret;
		any |= ret;
		i -= n;
		if (i > s->best->n)
			i = s->best->n;
	}
	return any;
}

int minimize_cut(struct search *s)
{
	uint32_t chunk = s->best->n / 2 ? s->best->n / 2 : 1;
	int any = 0;

	while (!s->over) {
		int ret = cut_chunks(s, chunk);

		if (ret < 0)
			return ret;
		any |= ret;
		if (chunk == 1 && !ret)
			break;
		chunk = chunk / 2 ? chunk / 2 : 1;
	}
	return any;
}

struct few {
	uint32_t at[3]; /* equal ones for fewer */
};

static bool is_one_of(const void *data, uint32_t i)
{
	const struct few *f = data;

	return i == f->at[0] || i == f->at[1] || i == f->at[2];
}

static int cut_few(struct search *s, const struct few *f)
{
	int err = copy_unless(s, is_one_of, f);

	return err ? err : search_try(s);
}

/* An enable and the disable that undoes it are each in the way of the other's going. */
int minimize_cut_pairs(struct search *s)
{
	const struct program *p = s->best;

	if (p->n > PAIRS_OPS)
		return 0;
	for (uint32_t i = 0; i < p->n; i++) {
		for (uint32_t j = i + 1; j < p->n; j++) {
			int ret = cut_few(s, &(struct few){{i, j, j}});

			if (ret)
				return ret;
			for (uint32_t k = j + 1; k < p->n && p->n <= TRIPLES_OPS; k++) {
				ret = cut_few(s, &(struct few){{i, j, k}});
				if (ret)
					return ret;
			}
			if (s->over)
				return 0;
		}
	}
	return 0;
}
