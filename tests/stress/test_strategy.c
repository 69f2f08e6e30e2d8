/* SPDX-License-Identifier: MIT */
/*
 * Strategies: the calls of each, held against docs/strategies.md, and what a host short of vectors
 * makes of them. The host here is a few lines of its own: how many vectors it has, no more.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vmm/pattern.h"
#include "vmm/strategy.h"

#define VECTORS 8
#define STABLE  2

struct host {
	uint32_t has;  /* vectors */
	bool positive; /* says how many it has instead of -ENOSPC */
	bool enabled;
	uint8_t held[VECTORS], armed[VECTORS];
};

struct vmm {
	const struct strategy *st;
	struct vmm_state s;
	struct host host;
	char log[1024]; /* the calls, as in docs/strategies.md */
};

static void vmm_open(struct vmm *m, const char *name, uint32_t has)
{
	memset(m, 0, sizeof(*m));
	m->st = strategy_find(name);
	cr_assert_not_null(m->st, "%s", name);
	m->host.has = has;
	cr_assert_eq(vmm_state_init(&m->s, VECTORS, 0, true, 7), 0);
}

static uint32_t count(const uint8_t *set)
{
	uint32_t n = 0;

	for (int v = 0; v < VECTORS; v++)
		n += set[v];
	return n;
}

static bool arms(const struct vmm *m, const struct vmm_call *c, uint32_t v)
{
	return c->kind == CALL_ARM || (c->kind == CALL_SET && m->s.wanted[v]);
}

static int host_call(struct vmm *m, const struct vmm_call *c)
{
	struct host *h = &m->host;
	uint8_t want[VECTORS];

	if (c->kind == CALL_MASK || c->kind == CALL_FENCE || c->kind == CALL_VISIT)
		return 0;
	if (c->kind == CALL_DISABLE) {
		memset(h->held, 0, VECTORS);
		memset(h->armed, 0, VECTORS);
		h->enabled = false;
		return 0;
	}
	cr_assert_leq(c->start + c->count, VECTORS, "%s", m->st->name);
	cr_assert_gt(c->count, 0, "%s", m->st->name);
	memcpy(want, h->held, VECTORS);
	for (uint32_t v = h->enabled ? c->start : 0; v < c->start + c->count; v++)
		want[v] |= !h->enabled || arms(m, c, v);
	if (count(want) > h->has)
		return h->positive && !h->enabled && h->has ? (int)h->has : -ENOSPC;
	memcpy(h->held, want, VECTORS);
	for (uint32_t v = c->start; v < VECTORS && v < c->start + c->count; v++)
		h->armed[v] = arms(m, c, v);
	h->enabled = true;
	return 0;
}

static void note(struct vmm *m, const struct vmm_call *c)
{
	size_t n = strlen(m->log);
	char fds[3 * VECTORS + 1] = "", *at = fds;

	if (c->kind == CALL_MASK || c->kind == CALL_FENCE || c->kind == CALL_VISIT) {
		snprintf(m->log + n, sizeof(m->log) - n,
			 c->kind == CALL_MASK    ? "mask %u; "
			 : c->kind == CALL_FENCE ? "membarrier; "
						 : "visit; ",
			 c->start);
		return;
	}
	if (c->kind == CALL_DISABLE) {
		snprintf(m->log + n, sizeof(m->log) - n, "none 0 0; ");
		return;
	}
	for (uint32_t v = c->start; v < c->start + c->count; v++) {
		const char *fd = arms(m, c, v) ? (m->s.side[v] ? ",b" : ",a") : ",-";

		memcpy(at, fd, 3);
		at += 2;
	}
	snprintf(m->log + n, sizeof(m->log) - n, "eventfd %u %u %s; ", c->start, c->count, fds + 1);
}

static struct vmm_plan guest(struct vmm *m, enum vmm_event event, uint32_t vector)
{
	struct vmm_plan p;

	strategy_plan(m->st, &m->s, event, vector, &p);
	cr_assert_leq(p.first + p.count, VECTORS, "%s", m->st->name);
	for (uint32_t i = 0, tries = 0; i < p.n; tries++) {
		enum vmm_then then;

		cr_assert_lt(tries, 20, "%s: no end of tries", m->st->name);
		note(m, &p.calls[i]);
		then = strategy_result(&m->s, &p, i, host_call(m, &p.calls[i]));
		cr_assert_neq(then, VMM_GIVE_UP, "%s: %s", m->st->name, m->log);
		i += then == VMM_GO_ON;
	}
	for (uint32_t v = 0; v < VECTORS; v++) {
		cr_assert_not(m->s.wanted[v] && m->s.refused[v], "%s: vector %u", m->st->name, v);
		cr_assert_eq(m->host.armed[v], m->s.wanted[v], "%s: vector %u after %s",
			     m->st->name, v, m->log);
		cr_assert_eq(m->host.held[v], m->s.held[v], "%s: vector %u after %s", m->st->name,
			     v, m->log);
	}
	return p;
}

static const struct {
	enum vmm_event event;
	uint32_t vector;
	const char *text;
} story[] = {
	{VMM_ENABLE, 0, "enable"}, {VMM_USE, 0, "use 0"},         {VMM_USE, 1, "use 1"},
	{VMM_USE, 3, "use 3"},     {VMM_RELEASE, 1, "release 1"}, {VMM_RELEASE, 3, "release 3"},
	{VMM_USE, 1, "use 1"},     {VMM_DISABLE, 0, "disable"},
};

/* The document's lines "    EVENT: CALLS" below "## `NAME`". */
static void check_document(FILE *f, const char *name)
{
	char heading[64], line[512], want[512];
	struct vmm m;
	bool found = false;

	snprintf(heading, sizeof(heading), "## `%s`", name);
	rewind(f);
	while (!found && fgets(line, sizeof(line), f))
		found = !strncmp(line, heading, strlen(heading));
	cr_assert(found, "docs/strategies.md has no %s", heading);
	vmm_open(&m, name, VECTORS);
	for (size_t i = 0; i < sizeof(story) / sizeof(story[0]); i++) {
		size_t n;

		m.log[0] = '\0';
		guest(&m, story[i].event, story[i].vector);
		n = strlen(m.log);
		snprintf(want, sizeof(want), "    %-10s %.*s\n", story[i].text, n ? (int)n - 2 : 7,
			 n ? m.log : "nothing");
		do
			cr_assert_not_null(fgets(line, sizeof(line), f), "%s: ends before: %s",
					   name, want);
		while (strncmp(line, "    ", 4));
		cr_assert_str_eq(line, want, "docs/strategies.md, %s", name);
	}
	vmm_state_fini(&m.s);
}

Test(strategy, each_makes_the_calls_that_the_document_shows)
{
	FILE *f = fopen(IRQSTORM_ROOT "/docs/strategies.md", "r");

	cr_assert_not_null(f, "docs/strategies.md");
	for (int i = 0; strategies[i]; i++) {
		cr_assert_str_eq(strategies[i]->name, strategy_names[i], "entry %d", i);
		if (strategies[i]->pattern)
			check_document(f, strategies[i]->name);
	}
	fclose(f);
}

/* What is wanted, as a guest sees it: a strategy that keeps vectors live does so past a release. */
static void play(struct vmm *m, const struct pattern *pattern, uint32_t steps, uint32_t refused_ok)
{
	struct pattern_state ps;

	cr_assert_eq(pattern_init(&ps, STABLE, VECTORS, false, 3), 0);
	memset(m->s.wanted, 1, STABLE);
	guest(m, VMM_ENABLE, 0);
	for (uint32_t i = 0; i < steps; i++) {
		uint32_t v;
		enum vmm_event event = pattern->next(&ps, &v);
		bool live = m->s.wanted[v], armed = m->host.armed[v];
		struct vmm_plan p = guest(m, event, v);

		/* to set a live vector again may lose (R80), and says so */
		cr_assert_eq(p.kind == PLAN_SWAP, live && m->st->two_sides, "%s", m->st->name);
		cr_assert_not(armed && m->host.armed[v] && p.n && p.kind == PLAN_IN_PLACE,
			      "%s: a swap must be called one, it may lose (R80)", m->st->name);
		cr_assert_geq(v, STABLE, "%s", pattern->name);
		cr_assert_lt(v, VECTORS, "%s", pattern->name);
		if (event == VMM_USE)
			cr_assert(m->s.wanted[v] || m->s.refused[v], "%s", m->st->name);
		if (event == VMM_RELEASE && !m->st->keeps)
			cr_assert_not(m->s.wanted[v], "%s", m->st->name);
		cr_assert_eq(p.kind == PLAN_TEARDOWN, p.n && p.calls[0].kind == CALL_DISABLE, "%s",
			     m->st->name);
		for (uint32_t s = 0; s < STABLE && !refused_ok; s++)
			cr_assert(m->host.armed[s], "%s: stable vector %u", m->st->name, s);
		m->log[0] = '\0';
	}
	pattern_fini(&ps);
}

Test(strategy, every_strategy_under_every_pattern_arms_what_the_guest_uses)
{
	for (int i = 0; strategies[i]; i++) {
		for (int k = 0; patterns[k] && strategies[i]->pattern; k++) {
			struct vmm m;

			vmm_open(&m, strategies[i]->name, VECTORS);
			play(&m, patterns[k], 2000, 0);
			cr_assert_eq(m.s.refusals, 0, "%s", strategies[i]->name);
			vmm_state_fini(&m.s);
		}
	}
}

Test(strategy, a_host_short_of_vectors_refuses_the_last_ones_and_the_others_stay)
{
	for (int i = 0; strategies[i]; i++) {
		for (int positive = 0; positive < 2 && strategies[i]->pattern; positive++) {
			uint32_t most;
			struct vmm m;

			vmm_open(&m, strategies[i]->name, 5);
			m.host.positive = positive;
			play(&m, pattern_find("ramp"), 100, 0);
			cr_assert_gt(m.s.refusals, 0, "%s", strategies[i]->name);
			most = m.s.most_held;
			guest(&m, VMM_DISABLE, 0);
			guest(&m, VMM_ENABLE, 0);
			guest(&m, VMM_USE, 0);
			cr_assert_eq(m.s.most_held, most, "%s: it is the most there was",
				     strategies[i]->name);
			cr_assert_leq(m.s.most_held, 5, "%s", strategies[i]->name);
			cr_assert_geq(m.s.most_held, positive ? 5 : 4, "%s holds %u",
				      strategies[i]->name, m.s.most_held);
			vmm_state_fini(&m.s);
		}
	}
}

Test(strategy, what_a_host_cannot_give_is_not_asked_for_again)
{
	struct vmm_plan p;
	struct vmm m;

	vmm_open(&m, "upfront", 5);
	m.host.positive = true;
	guest(&m, VMM_ENABLE, 0);
	cr_assert_eq(m.s.limit, 5);
	p = guest(&m, VMM_USE, 4);
	cr_assert_eq(p.n, 1, "the last one that it has");
	p = guest(&m, VMM_USE, 5);
	cr_assert_eq(p.n, 0, "%s", m.log);
	cr_assert(m.s.refused[5]);
	cr_assert_eq(m.s.refusals, 1);
	vmm_state_fini(&m.s);
}

Test(strategy, an_enable_takes_what_is_used_or_the_whole_table)
{
	static const struct {
		const char *name;
		uint32_t held;
	} lazy[] = {
		{"teardown", 3}, {"track-guest-v0", 3}, {"msi-teardown", 3}, {"dynamic", 3},
		{"keep", 3},     {"track-guest", 2}, /* the enable has vector 0 alone, 2 is added in
							place */
	};

	for (int i = 0; strategies[i]; i++) {
		uint32_t held = VECTORS;
		struct vmm m;

		for (size_t k = 0; k < sizeof(lazy) / sizeof(lazy[0]); k++) {
			if (!strcmp(lazy[k].name, strategies[i]->name))
				held = lazy[k].held;
		}
		vmm_open(&m, strategies[i]->name, VECTORS);
		m.s.wanted[2] = 1;
		guest(&m, VMM_ENABLE, 0);
		cr_assert_eq(count(m.host.held), held, "%s: %s", m.st->name, m.log);
		vmm_state_fini(&m.s);
	}
}

Test(strategy, an_index_that_is_not_enabled_is_not_disabled)
{
	for (int i = 0; strategies[i]; i++) {
		struct vmm_plan p;
		struct vmm m;

		vmm_open(&m, strategies[i]->name, VECTORS);
		strategy_plan(m.st, &m.s, VMM_DISABLE, 0, &p);
		cr_assert_eq(p.n, 0, "%s", m.st->name);
		guest(&m, VMM_ENABLE, 0);
		guest(&m, VMM_USE, 1);
		p = guest(&m, VMM_DISABLE, 0);
		cr_assert_eq(p.n, 1, "%s", m.st->name);
		p = guest(&m, VMM_DISABLE, 0);
		cr_assert_eq(p.n, 0, "%s", m.st->name);
		vmm_state_fini(&m.s);
	}
}

/* Vectors 0 to 5 of a host that has five; the sixth is refused. */
static void use_one_too_many(struct vmm *m, const char *name)
{
	vmm_open(m, name, 5);
	guest(m, VMM_ENABLE, 0);
	for (uint32_t v = 0; v < 6; v++)
		guest(m, VMM_USE, v);
	for (uint32_t v = 0; v < 5; v++)
		cr_assert(m->host.armed[v], "%s: vector %u, that it had, is lost", name, v);
	cr_assert(!m->s.wanted[5] && m->s.refused[5], "%s", name);
}

Test(strategy, one_vector_too_many_costs_no_vector_that_was_there)
{
	static const char *const all[] = {"teardown", "track-guest-v0", "msi-teardown",
					  "dynamic",  "track-guest",    "keep"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct vmm m;

		use_one_too_many(&m, all[i]);
		vmm_state_fini(&m.s);
	}
}

Test(strategy, a_vector_that_was_refused_is_so_until_it_can_be_had)
{
	struct vmm m;

	use_one_too_many(&m, "dynamic");
	m.host.has = 6;
	guest(&m, VMM_USE, 5);
	cr_assert(m.host.armed[5] && !m.s.refused[5]);
	vmm_state_fini(&m.s);
}

Test(strategy, a_vector_that_was_refused_is_asked_for_at_the_next_enable)
{
	struct vmm m;

	use_one_too_many(&m, "dynamic");
	guest(&m, VMM_DISABLE, 0);
	cr_assert(m.s.refused[5], "the guest waits for it in vain");
	m.host.has = VECTORS;
	m.s.wanted[5] = 1;
	guest(&m, VMM_ENABLE, 0);
	cr_assert(m.host.armed[5] && !m.s.refused[5]);
	vmm_state_fini(&m.s);
}

Test(strategy, an_enable_holds_all_below_its_end)
{
	struct vmm_plan p = {.n = 1, .count = VECTORS, .calls = {{CALL_SET, 2, 1}}};
	struct vmm m;

	vmm_open(&m, "dynamic", VECTORS);
	m.s.wanted[2] = 1;
	cr_assert_eq(strategy_result(&m.s, &p, 0, 0), VMM_GO_ON);
	cr_assert_eq(count(m.s.held), 3, "R41");
	cr_assert_eq(m.s.most_held, 3);
	vmm_state_fini(&m.s);
}

Test(strategy, what_no_host_should_answer_is_given_up)
{
	struct vmm_plan p;
	struct vmm m;

	vmm_open(&m, "dynamic", VECTORS);
	guest(&m, VMM_ENABLE, 0);
	guest(&m, VMM_USE, 0);
	strategy_plan(m.st, &m.s, VMM_USE, 1, &p);
	cr_assert_eq(strategy_result(&m.s, &p, 0, -EINVAL), VMM_GIVE_UP);
	strategy_plan(m.st, &m.s, VMM_DISABLE, 0, &p);
	cr_assert_eq(strategy_result(&m.s, &p, 0, -ENOSPC), VMM_GIVE_UP);
	vmm_state_fini(&m.s);
}

Test(strategy, auto_reads_noresize)
{
	const char *why = NULL;

	cr_assert_eq(strategy_choose(16, 1, VFIO_IRQ_INFO_EVENTFD, &why),
		     strategy_find("track-guest"));
	cr_assert(strstr(why, "NORESIZE is clear"));
	cr_assert_eq(strategy_choose(16, 1, VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE, &why),
		     strategy_find("upfront"));
	cr_assert(strstr(why, "NORESIZE is set"));
}

Test(strategy, auto_is_an_msi_strategy_where_there_is_no_msix)
{
	const char *why = NULL;

	cr_assert_eq(strategy_choose(0, 8, 0, &why), strategy_find("msi-all"));
	cr_assert(strstr(why, "no MSI-X"));
	cr_assert_eq(strategy_choose(4, 32, 0, &why), strategy_find("track-guest"),
		     "not MSI, however many vectors it has");
	/* with neither it stays a strategy of MSI-X, whose lack is told */
	cr_assert_neq(strategy_choose(0, 0, 0, &why), strategy_find("msi-all"));
}

static void start_random(struct vmm *m)
{
	vmm_open(m, "random", VECTORS);
	m->s.stable = STABLE;
	memset(m->s.wanted, 1, STABLE);
	guest(m, VMM_ENABLE, 0);
}

Test(strategy, random_makes_the_same_plans_from_the_same_seed)
{
	struct vmm_plan a, b;
	struct vmm m, n;

	start_random(&m);
	start_random(&n);
	for (int step = 0; step < 1000; step++) {
		m.st->next(&m.s, &a);
		n.st->next(&n.s, &b);
		cr_assert_eq(memcmp(&a, &b, sizeof(a)), 0, "step %d", step);
		cr_assert_eq(memcmp(m.s.wanted, n.s.wanted, VECTORS), 0, "step %d", step);
	}
	vmm_state_fini(&m.s);
	vmm_state_fini(&n.s);
}

Test(strategy, random_never_sets_a_live_vector_in_place)
{
	uint8_t before[VECTORS];
	struct vmm_plan p;
	struct vmm m;

	start_random(&m);
	for (int step = 0; step < 5000; step++) {
		memcpy(before, m.s.wanted, VECTORS);
		m.st->next(&m.s, &p);
		for (int v = 0; v < STABLE; v++)
			cr_assert(m.s.wanted[v], "stable vector %d", v);
		for (uint32_t v = p.first; v < p.first + p.count; v++)
			cr_assert_not(p.kind == PLAN_IN_PLACE && before[v] && m.s.wanted[v],
				      "step %d: a swap must be called one, it may lose (R80)",
				      step);
	}
	vmm_state_fini(&m.s);
}
