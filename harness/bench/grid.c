/* SPDX-License-Identifier: MIT */
#include "bench/grid.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/rng.h"
#include "support/units.h"

#define VECTORS_DEFAULT 64u
#define RATE_MAX        100000000u
#define LIST_MAX        64u

/* One list, taken apart. */
struct words {
	char *text;
	char *word[LIST_MAX];
	uint32_t n;
};

static int split(struct words *w, const char *option, const char *list, const char *separators,
		 struct errmsg *e)
{
	char *save, *word;

	*w = (struct words){.text = strdup(list)};
	if (!w->text)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	for (word = strtok_r(w->text, separators, &save); word;
	     word = strtok_r(NULL, separators, &save)) {
		for (uint32_t i = 0; i < w->n; i++) {
			if (!strcmp(w->word[i], word))
				return errmsg_set(e, -EINVAL, EXIT_USAGE, "--%s %s: %s twice",
						  option, list, word);
		}
		if (w->n == LIST_MAX)
			return errmsg_set(e, -E2BIG, EXIT_USAGE, "--%s: more than %u items", option,
					  LIST_MAX);
		w->word[w->n++] = word;
	}
	if (!w->n)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "--%s: an empty list", option);
	return 0;
}

/* "a, b, c" of NULL-terminated @names. */
static int bad_name(const char *option, const char *word, const char *const *names,
		    struct errmsg *e)
{
	char all[256];
	size_t n = 0;

	for (uint32_t i = 0; names[i] && n < sizeof(all); i++)
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s", i ? ", " : "", names[i]);
	return errmsg_set(e, -EINVAL, EXIT_USAGE, "--%s %s: must be one of %s", option, word, all);
}

static int name_index(const char *option, const char *word, const char *const *names,
		      struct errmsg *e)
{
	for (int i = 0; names[i]; i++) {
		if (!strcmp(names[i], word))
			return i;
	}
	return bad_name(option, word, names, e);
}

static int parse_vectors(const char *word, uint32_t *out, struct errmsg *e)
{
	uint64_t v;

	if (units_parse_count(word, &v) || v < 1 || v > IRQ_MAX_VECTORS)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "--vectors %s: must be numbers from 1 to %u, like 16,64", word,
				  IRQ_MAX_VECTORS);
	*out = (uint32_t)v;
	return 0;
}

/* MODE[:RATE]; @word is cut in place. */
static int parse_load(char *word, struct grid_cell *c, struct errmsg *e)
{
	char *rate = strchr(word, ':');
	int mode;

	if (rate)
		*rate++ = '\0';
	mode = name_index("load", word, stress_mode_names, e);
	if (mode < 0)
		return mode;
	c->mode = (enum stress_mode)mode;
	c->rate_hz = 100000;
	if (!rate)
		return 0;
	if (!strcmp(rate, "max")) {
		c->rate_hz = 0;
		return 0;
	}
	if (units_parse_count(rate, &c->rate_hz) || !c->rate_hz || c->rate_hz > RATE_MAX)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "--load %s:%s: a rate is 1 to %u fires a second, or max", word,
				  rate, RATE_MAX);
	return 0;
}

const char *grid_load(const struct grid_cell *c, char *buf, size_t size)
{
	const char *mode = stress_mode_names[c->mode];

	if (!c->rate_hz)
		snprintf(buf, size, "%s:max", mode);
	else if (c->rate_hz % 1000)
		snprintf(buf, size, "%s:%" PRIu64, mode, c->rate_hz);
	else
		snprintf(buf, size, "%s:%" PRIu64 "k", mode, c->rate_hz / 1000);
	return buf;
}

static void name_cell(struct grid *m, struct grid_cell *c)
{
	char load[32], target[32];
	size_t len;

	snprintf(target, sizeof(target), "%s", c->target);
	snprintf(c->name, sizeof(c->name), "%s.%s.%s.%u.%s", target, c->strategy->name,
		 consumer_names[c->consumer], c->vectors, grid_load(c, load, sizeof(load)));
	for (char *p = c->name; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr(".-", *p))
			*p = '-';
	}
	len = strlen(c->name);
	for (uint32_t i = 0, same = 1; i < m->n; i++) {
		if (strcmp(m->cell[i].name, c->name))
			continue;
		snprintf(c->name + len, sizeof(c->name) - len, ".%u", ++same);
		i = 0;
	}
}

/* What all words of the lists come to. */
struct axes {
	struct words targets, strategies, consumers, vectors, loads;
};

static void axes_free(struct axes *a)
{
	free(a->targets.text);
	free(a->strategies.text);
	free(a->consumers.text);
	free(a->vectors.text);
	free(a->loads.text);
}

/* Cell @i of all, as digits of a number: loads vary fastest, targets slowest. */
static int make_cell(struct grid *m, const struct grid_lists *l, const struct axes *a, uint32_t i,
		     struct errmsg *e)
{
	struct grid_cell *c = &m->cell[m->n];
	char load[32];
	int kind, err;

	snprintf(load, sizeof(load), "%s", a->loads.word[i % a->loads.n]);
	i /= a->loads.n;
	err = parse_load(load, c, e);
	if (err)
		return err;
	c->vectors = VECTORS_DEFAULT;
	c->vectors_given = l->vectors;
	if (l->vectors) {
		err = parse_vectors(a->vectors.word[i % a->vectors.n], &c->vectors, e);
		i /= a->vectors.n;
	}
	if (err)
		return err;
	kind = name_index("consumer", a->consumers.word[i % a->consumers.n], consumer_names, e);
	i /= a->consumers.n;
	if (kind < 0)
		return kind;
	c->consumer = (enum consumer_kind)kind;
	c->strategy = strategy_find(a->strategies.word[i % a->strategies.n]);
	if (!c->strategy)
		return bad_name("strategy", a->strategies.word[i % a->strategies.n], strategy_names,
				e);
	i /= a->strategies.n;
	c->target = m->target[i];
	name_cell(m, c);
	m->n++;
	return 0;
}

static int all_strategies(struct words *w, struct errmsg *e)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int err;

	if (!f)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	for (int i = 0; strategies[i]; i++)
		fprintf(f, "%s%s", i ? "," : "", strategies[i]->name);
	err = fclose(f) ? errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory")
			: split(w, "strategy", text, ",", e);
	free(text);
	return err;
}

static int split_all(struct axes *a, const struct grid_lists *l, struct errmsg *e)
{
	int err = split(&a->targets, "target", l->targets, " \t", e);

	if (!err)
		err = l->strategies ? split(&a->strategies, "strategy", l->strategies, ",", e)
				    : all_strategies(&a->strategies, e);
	if (!err)
		err = split(&a->consumers, "consumer", l->consumers, ",", e);
	if (!err && l->vectors)
		err = split(&a->vectors, "vectors", l->vectors, ",", e);
	return err ? err : split(&a->loads, "load", l->loads, ",", e);
}

int grid_init(struct grid *m, const struct grid_lists *l, struct errmsg *e)
{
	struct axes a = {0};
	uint64_t n;
	int err;

	memset(m, 0, sizeof(*m));
	err = split_all(&a, l, e);
	if (err)
		goto out;
	n = (uint64_t)a.targets.n * a.strategies.n * a.consumers.n *
	    (l->vectors ? a.vectors.n : 1) * a.loads.n;
	if (n > GRID_CELLS_MAX) {
		err = errmsg_set(e, -E2BIG, EXIT_USAGE,
				 "%" PRIu64 " cells are more than %u: shorten a list", n,
				 GRID_CELLS_MAX);
		goto out;
	}
	m->cell = calloc(n, sizeof(*m->cell));
	m->target = calloc(a.targets.n + 1, sizeof(*m->target));
	if (!m->cell || !m->target) {
		err = errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
		goto out;
	}
	for (uint32_t i = 0; i < a.targets.n && !err; i++) {
		m->target[i] = strdup(a.targets.word[i]);
		if (!m->target[i])
			err = errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	}
	for (uint32_t i = 0; i < n && !err; i++)
		err = make_cell(m, l, &a, i, e);
out:
	axes_free(&a);
	return err;
}

void grid_free(struct grid *m)
{
	for (uint32_t i = 0; m->target && m->target[i]; i++)
		free(m->target[i]);
	free(m->target);
	free(m->cell);
	memset(m, 0, sizeof(*m));
}

void grid_order(const struct grid *m, uint64_t seed, uint32_t round, uint32_t *order)
{
	struct rng rng;

	rng_init(&rng, seed, round + 1);
	for (uint32_t i = 0; i < m->n; i++) {
		uint32_t k = rng_below(&rng, i + 1);

		order[i] = order[k];
		order[k] = i;
	}
}
