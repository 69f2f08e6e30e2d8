/* SPDX-License-Identifier: MIT */
#include "bench/grid.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static struct grid g;
static struct errmsg e;

static void teardown(void)
{
	grid_free(&g);
}

TestSuite(grid, .fini = teardown);

static const struct grid_lists plain = {
	.targets = "emu",
	.consumers = "uring",
	.loads = "closed:100k",
};

Test(grid, the_default_has_each_strategy_once)
{
	uint32_t n = 0;

	cr_assert_eq(grid_init(&g, &plain, &e), 0, "%s", e.text);
	while (strategies[n])
		n++;
	cr_assert_eq(g.n, n);
	for (uint32_t i = 0; i < n; i++)
		cr_assert_eq(g.cell[i].strategy, strategies[i]);
	cr_assert_eq(g.cell[0].vectors, 64);
	cr_assert_not(g.cell[0].vectors_given);
}

Test(grid, lists_are_multiplied)
{
	struct grid_lists l = plain;

	l.targets = "emu:profile=6.1  emu:profile=6.12";
	l.strategies = "none,dynamic";
	l.consumers = "uring,epoll,spin";
	l.vectors = "16,64";
	l.loads = "closed:100k,open:max";
	cr_assert_eq(grid_init(&g, &l, &e), 0, "%s", e.text);
	cr_assert_eq(g.n, 2 * 2 * 3 * 2 * 2);
	cr_assert_str_eq(g.target[1], "emu:profile=6.12");
	cr_assert_null(g.target[2]);
	cr_assert(g.cell[0].vectors_given);
	for (uint32_t i = 0; i < g.n; i++) {
		for (uint32_t k = i + 1; k < g.n; k++)
			cr_assert_str_neq(g.cell[i].name, g.cell[k].name);
		cr_assert_null(strpbrk(g.cell[i].name, ":/ ,"), "%s is no file name",
			       g.cell[i].name);
	}
}

Test(grid, names_that_come_out_equal_are_told_apart)
{
	struct grid_lists l = plain;

	/* both are cut to the same 31 letters */
	l.targets = "emu:profile=6.12,vectors=128,msi=8,intx=1 "
		    "emu:profile=6.12,vectors=128,msi=8,intx=0";
	l.strategies = "none";
	cr_assert_eq(grid_init(&g, &l, &e), 0, "%s", e.text);
	cr_assert_eq(g.n, 2);
	cr_assert_str_neq(g.cell[0].name, g.cell[1].name);
}

Test(grid, a_load_is_a_mode_and_a_rate)
{
	struct grid_lists l = plain;
	char load[32];

	l.strategies = "none";
	l.loads = "closed,open:max,open:2500,closed:1M";
	cr_assert_eq(grid_init(&g, &l, &e), 0, "%s", e.text);
	cr_assert_eq(g.cell[0].rate_hz, 100000);
	cr_assert_eq(g.cell[1].rate_hz, 0);
	cr_assert_eq(g.cell[1].mode, STRESS_OPEN);
	cr_assert_eq(g.cell[2].rate_hz, 2500);
	cr_assert_eq(g.cell[3].rate_hz, 1000000);
	cr_assert_str_eq(grid_load(&g.cell[1], load, sizeof(load)), "open:max");
	cr_assert_str_eq(grid_load(&g.cell[3], load, sizeof(load)), "closed:1000k");
}

Test(grid, what_is_not_of_a_list_is_a_usage_error)
{
	static const struct {
		struct grid_lists l;
		const char *says;
	} bad[] = {
		{{"emu", "frob", "uring", NULL, "closed"}, "frob"},
		{{"emu", NULL, "uring,frob", NULL, "closed"}, "frob"},
		{{"emu", NULL, "uring", "0", "closed"}, "1 to 2048"},
		{{"emu", NULL, "uring", "16,4096", "closed"}, "4096"},
		{{"emu", NULL, "uring", NULL, "closed:0"}, "rate"},
		{{"emu", NULL, "uring", NULL, "shut:10"}, "shut"},
		{{"emu", "none,none", "uring", NULL, "closed"}, "twice"},
		{{" ", NULL, "uring", NULL, "closed"}, "empty"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int err = grid_init(&g, &bad[i].l, &e);

		cr_assert_lt(err, 0, "case %zu was taken", i);
		cr_assert_eq(e.exit, EXIT_USAGE);
		cr_assert(strstr(e.text, bad[i].says), "case %zu says: %s", i, e.text);
		grid_free(&g);
	}
}

Test(grid, a_round_is_shuffled_and_the_seed_repeats_it)
{
	uint32_t a[64], b[64], c[64];
	bool seen[64] = {false};

	cr_assert_eq(grid_init(&g, &plain, &e), 0);
	cr_assert_lt(g.n, 64);
	grid_order(&g, 7, 0, a);
	grid_order(&g, 7, 0, b);
	grid_order(&g, 7, 1, c);
	cr_assert_arr_eq(a, b, g.n * sizeof(*a));
	cr_assert(memcmp(a, c, g.n * sizeof(*a)), "two rounds have the same order");
	for (uint32_t i = 0; i < g.n; i++) {
		cr_assert_not(seen[a[i]], "cell %u comes twice", a[i]);
		seen[a[i]] = true;
	}
}
