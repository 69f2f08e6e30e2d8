/* SPDX-License-Identifier: MIT */
#include "exec/explore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "program/text.h"
#include "support/digest.h"

#define MAX_DEPTH     16u
#define MINIMIZE_RUNS 500

/*
 * Two vectors, two eventfds, none, a closed descriptor and a file that is no eventfd; counts 0 to
 * 2; INTX, MSI and MSI-X, and ERR and REQ beside them. The last lines need a device that can be
 * made to interrupt.
 */
static const char alphabet_text[] = "set_irqs msix trigger none count=0\n"
				    "set_irqs msix trigger eventfd fds=e0\n"
				    "set_irqs msix trigger eventfd fds=e1\n"
				    "set_irqs msix trigger eventfd fds=-1\n"
				    "set_irqs msix trigger eventfd fds=closed\n"
				    "set_irqs msix trigger eventfd start=1 fds=e0\n"
				    "set_irqs msix trigger eventfd start=1 fds=e1\n"
				    "set_irqs msix trigger eventfd start=1 fds=-1\n"
				    "set_irqs msix trigger eventfd start=1 fds=file\n"
				    "set_irqs msix trigger eventfd fds=e0,e1\n"
				    "set_irqs msix trigger eventfd fds=e1,e1\n"
				    "set_irqs msix trigger eventfd fds=e0,-1\n"
				    "set_irqs msix trigger eventfd fds=e0,closed\n"
				    "set_irqs msix trigger eventfd count=0\n"
				    "set_irqs msix trigger eventfd start=1 count=0\n"
				    "set_irqs msix trigger none\n"
				    "set_irqs msix trigger none start=1\n"
				    "set_irqs msix trigger bool bools=1,0\n"
				    "set_irqs msix trigger bool count=0\n"
				    "set_irqs msix mask none\n"
				    "set_irqs msi trigger none count=0\n"
				    "set_irqs msi trigger eventfd fds=e0\n"
				    "set_irqs msi trigger eventfd fds=e0,e1\n"
				    "set_irqs msi trigger eventfd start=1 fds=e1\n"
				    "set_irqs msi trigger eventfd fds=-1\n"
				    "set_irqs msi trigger none count=2\n"
				    "set_irqs intx trigger none count=0\n"
				    "set_irqs intx trigger eventfd fds=e0\n"
				    "set_irqs intx trigger eventfd fds=-1\n"
				    "set_irqs intx trigger eventfd fds=closed\n"
				    "set_irqs intx trigger none\n"
				    "set_irqs intx mask none\n"
				    "set_irqs intx unmask bool bools=1\n"
				    "set_irqs intx unmask eventfd fds=e1\n"
				    "set_irqs intx unmask eventfd fds=-1\n"
				    "set_irqs err trigger eventfd fds=e0\n"
				    "set_irqs err trigger none\n"
				    "set_irqs req trigger eventfd fds=-2\n"
				    "set_irqs req trigger eventfd fds=e1\n"
				    "set_irqs req trigger none count=0\n"
				    "fire msix 0\n"
				    "fire msix 1\n"
				    "line 1\n"
				    "line 0\n";

/* A state, by the way that led to it first. */
struct node {
	uint8_t path[MAX_DEPTH];
};

struct nodes {
	struct node *v;
	size_t n, capacity;
};

/* Digests of the states seen, open addressing; 0 is free. */
struct seen {
	uint64_t *v;
	size_t n, capacity;
};

struct search {
	struct executor *x;
	const struct explore_options *o;
	struct explore_result *r;
	struct errmsg *e;
	struct program alphabet, p;
	struct history history;
	struct nodes level, next;
	struct seen seen;
};

static int no_memory(struct search *s)
{
	return errmsg_set(s->e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory after %llu programs",
			  (unsigned long long)s->r->programs);
}

static int nodes_add(struct nodes *n, const struct node *node)
{
	if (n->n == n->capacity) {
		size_t capacity = n->capacity ? n->capacity * 2 : 256;
		struct node *v = realloc(n->v, capacity * sizeof(*v));

		if (!v)
			return -ENOMEM;
		n->v = v;
		n->capacity = capacity;
	}
	n->v[n->n++] = *node;
	return 0;
}

static void seen_put(struct seen *s, uint64_t digest)
{
	size_t i = digest % s->capacity;

	while (s->v[i])
		i = (i + 1) % s->capacity;
	s->v[i] = digest;
}

/* 1: new, 0: seen before, or -ENOMEM. */
static int seen_add(struct seen *s, uint64_t digest)
{
	if (!digest)
		digest = 1;
	if (s->n * 2 >= s->capacity) {
		struct seen bigger = {.capacity = s->capacity ? s->capacity * 2 : 4096};

		bigger.v = calloc(bigger.capacity, sizeof(*bigger.v));
		if (!bigger.v)
			return -ENOMEM;
		for (size_t i = 0; i < s->capacity; i++) {
			if (s->v[i])
				seen_put(&bigger, s->v[i]);
		}
		bigger.n = s->n;
		free(s->v);
		*s = bigger;
	}
	for (size_t i = digest % s->capacity; s->v[i]; i = (i + 1) % s->capacity) {
		if (s->v[i] == digest)
			return 0;
	}
	seen_put(s, digest);
	s->n++;
	return 1;
}

static int make_alphabet(struct search *s)
{
	uint32_t kept = 0;
	int err;

	err = text_parse(alphabet_text, sizeof(alphabet_text) - 1, "alphabet", &s->alphabet, s->e);
	if (err)
		return err;
	for (uint32_t i = 0; i < s->alphabet.n; i++) {
		if (executor_can(s->x, &s->alphabet.ops[i]))
			s->alphabet.ops[kept++] = s->alphabet.ops[i];
	}
	s->alphabet.n = kept;
	s->r->alphabet = kept;
	return 0;
}

/* Run @node's path of @depth operations; 0 or -errno. @digest: the state that it ends in. */
static int run_path(struct search *s, const struct node *node, uint32_t depth, uint64_t *digest)
{
	int err;

	s->p.n = 0;
	for (uint32_t i = 0; i < depth; i++) {
		err = program_add(&s->p, &s->alphabet.ops[node->path[i]]);
		if (err)
			return no_memory(s);
	}
	err = executor_begin(s->x, &s->p, &s->r->found, s->e);
	if (err)
		return err;
	for (uint32_t i = 0; i < depth; i++)
		executor_step(s->x, &s->p.ops[i], i);
	*digest = model_digest(&s->x->model);
	err = executor_finish(s->x, s->e);
	s->r->programs++;
	s->r->ops += s->r->found.ops;
	s->r->skipped += s->r->found.skipped;
	if (s->r->found.refused && !s->r->refused)
		memcpy(s->r->refusal, s->r->found.refusal, sizeof(s->r->refusal));
	s->r->refused += s->r->found.refused;
	s->r->digest = digest_add(s->r->digest, s->r->found.digest);
	return err;
}

static bool should_stop(struct search *s, uint32_t depth)
{
	/* Asking costs more than a program on the emulator. */
	if (s->r->programs % 64 == 0 && s->o->stop &&
	    s->o->stop(s->o->data, depth, s->r->programs, s->r->states))
		s->r->stopped = true;
	return s->r->stopped;
}

/* Every operation after @from, which is @depth - 1 long. */
static int continue_node(struct search *s, const struct node *from, uint32_t depth)
{
	for (uint32_t i = 0; i < s->alphabet.n && !should_stop(s, depth); i++) {
		struct node node = *from;
		uint64_t digest = 0;
		int err;

		node.path[depth - 1] = (uint8_t)i;
		err = run_path(s, &node, depth, &digest);
		if (err || s->r->found.difference)
			return err;
		history_keep(&s->history, &s->p);
		err = seen_add(&s->seen, digest);
		if (err > 0)
			s->r->states++;
		if (err >= 0 && depth < s->o->depth && (err || s->o->no_merge))
			err = nodes_add(&s->next, &node);
		if (err < 0)
			return no_memory(s);
	}
	return 0;
}

static int search(struct search *s)
{
	struct node root = {{0}};
	uint64_t digest = 0;
	int err;

	err = run_path(s, &root, 0, &digest);
	if (!err && seen_add(&s->seen, digest) < 0)
		err = no_memory(s);
	s->r->states = 1;
	if (!err && nodes_add(&s->level, &root))
		err = no_memory(s);
	for (uint32_t depth = 1; !err && depth <= s->o->depth; depth++) {
		struct nodes swap = s->level;

		s->next.n = 0;
		for (size_t i = 0; i < s->level.n; i++) {
			err = continue_node(s, &s->level.v[i], depth);
			if (err || s->r->found.difference || s->r->stopped)
				return err;
		}
		s->level = s->next;
		s->next = swap;
	}
	return err;
}

int explore_run(struct executor *x, const struct explore_options *o, struct explore_result *r,
		struct errmsg *e)
{
	struct search s = {.x = x, .o = o, .r = r, .e = e};
	int err;

	memset(r, 0, sizeof(*r));
	program_init(&r->program);
	program_init(&s.alphabet);
	program_init(&s.p);
	if (o->depth > MAX_DEPTH)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "--depth %u: at most %u", o->depth,
				  MAX_DEPTH);
	if (x->emulated) {
		/* So small that two vectors reach its end. */
		s.p.has_device = true;
		s.p.device = (struct program_device){.flags = DEVICE_DEFAULT, .msix = 3, .msi = 2};
	}
	err = executor_reset(x, &s.p, e);
	if (!err)
		err = make_alphabet(&s);
	if (!err)
		err = search(&s);
	if (r->found.difference) {
		history_line_up(&s.history, &s.p, &r->sequence);
		if (!err && program_copy(&r->program, &r->sequence.p[r->sequence.n - 1]))
			err = no_memory(&s);
		/* Looked at closely it may be seen before the end, and have a better key. */
		if (!err)
			err = sequence_shorten(x, MINIMIZE_RUNS, &r->program, &r->sequence,
					       &r->found, &r->settled, e);
	}
	history_free(&s.history);
	program_free(&s.p);
	program_free(&s.alphabet);
	free(s.level.v);
	free(s.next.v);
	free(s.seen.v);
	return err;
}
