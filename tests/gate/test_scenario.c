/* SPDX-License-Identifier: MIT */
/* scenario: the gate file's parser. Any bytes are scenarios, or one error that names the line. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/scenario.h"
#include "support/rng.h"

static struct errmsg e;

static int parse(const char *text, struct scenarios *s)
{
	memset(&e, 0, sizeof(e));
	return scenarios_parse(text, strlen(text), "t", s, &e);
}

Test(scenario, the_file_that_is_part_of_irqstorm_is_the_one_in_the_tree)
{
	struct scenarios s, file;
	uint32_t kinds = 0;

	cr_assert_eq(scenarios_load(NULL, &s, &e), 0, "%s", e.text);
	cr_assert_eq(scenarios_load(IRQSTORM_ROOT "/gate/default.gate", &file, &e), 0, "%s",
		     e.text);
	cr_assert_eq(s.n, file.n);
	cr_assert_eq(memcmp(s.at, file.at, s.n * sizeof(*s.at)), 0);
	for (size_t i = 0; i < s.n; i++)
		kinds |= 1u << s.at[i].kind;
	cr_assert_eq(kinds, (1u << GATE_KINDS) - 1, "every kind is in it");
	scenarios_free(&s);
	scenarios_free(&file);
}

Test(scenario, keys_are_stored_and_the_others_have_the_default_of_the_kind)
{
	struct scenarios s;

	cr_assert_eq(parse("# a comment\r\n"
			   "[a]\n"
			   " target = emu:profile=6.1,fault=drop:10 # the rest\n"
			   "kind=stress\n"
			   "fires = 20k\n"
			   "strategy = swap, dynamic\n"
			   "\n"
			   "[b]\n"
			   "kind = latency\n"
			   "rate = max\n"
			   "metrics = resize_p50 response_p99\n"
			   "strategy = swap\n"
			   "slice = 150ms\n"
			   "[c]\n"
			   "kind = latency",
			   &s),
		     0, "%s", e.text);
	cr_assert_eq(s.n, 3);
	cr_assert_str_eq(s.at[0].target, "emu:profile=6.1,fault=drop:10");
	cr_assert_eq(s.at[0].kind, GATE_STRESS);
	cr_assert_eq(s.at[0].fires, 20000);
	cr_assert_eq(s.at[0].vectors, 0, "what the device has");
	cr_assert_str_eq(s.at[0].strategy, "swap, dynamic");
	cr_assert_str_eq(s.at[0].guest, GATE_GUEST_NONE);
	cr_assert_eq(s.at[1].vectors, 1);
	cr_assert_eq(s.at[1].rate, 0);
	cr_assert_str_eq(s.at[1].strategy, "swap");
	cr_assert_eq(s.at[1].metrics, 1u << METRIC_RESIZE_P50 | 1u << METRIC_RESPONSE_P99);
	cr_assert_eq(s.at[1].slice_ns, 150000000);
	cr_assert_str_eq(s.at[2].strategy, "none");
	scenarios_free(&s);
}

Test(scenario, errors_name_the_line)
{
	static const struct {
		const char *text, *want;
	} table[] = {
		{"", "t:1: no scenario"},
		{"\n\n# nothing\n", "t:3: no scenario"},
		{"ops = 3\n", "t:1: 'ops' before the first [name]"},
		{"[a]\n", "t:1: [a] has no kind"},
		{"\n[a]\nops = 3\n[b]\nkind = diff\n", "t:2: [a] has no kind"},
		{"[a\n", "t:1: no ] after '[a'"},
		{"[]\n", "t:1: []: a name is"},
		{"[a b]\n", "t:1: [a b]: a name is"},
		{"[a]\nkind = diff\n[a]\n", "t:3: [a] is at line 1 already"},
		{"[a]\nkind = frob\n", "t:2: kind = frob: must be one of corpus, diff"},
		{"[a]\nkind = diff\nkind = diff\n", "t:3: a second kind in [a]"},
		{"[a]\nkind = diff\nfrob = 3\n", "t:3: unknown key 'frob'"},
		{"[a]\nkind = diff\nops\n", "t:3: 'ops' is neither"},
		{"[a]\nkind = diff\nops =\n", "t:3: ops has no value"},
		{"[a]\nkind = diff\nops = many\n", "t:3: ops = many: not a number"},
		{"[a]\nkind = diff\nops = 0\n", "t:3: ops = 0: must be 1 to"},
		{"[a]\nops = -1\nkind = diff\n", "t:2: ops = -1: not a number"},
		{"[a]\nkind = diff\nops = 1\nops = 2\n", "t:4: ops is at line 3 already"},
		{"[a]\nkind = diff\n\nfires = 5\n[b]\nkind = diff\n",
		 "t:4: kind diff has no key 'fires'"},
		{"[a]\nkind = fuzz\nduration = soon\n", "t:3: duration = soon: not a duration"},
		{"[a]\nkind = fuzz\nduration = 1ms\n", "t:3: duration = 1ms: must be 1.00 s to"},
		{"[a]\nkind = stress\nrate = fast\n",
		 "t:3: rate = fast: not a number, and not max"},
		{"[a]\nkind = stress\nvectors = 2049\n", "t:3: vectors = 2049: must be 1 to 2048"},
		{"[a]\nkind = stress\nstrategy = dynamic frob\n",
		 "t:3: strategy = frob: must be one of none"},
		{"[a]\nkind = latency\nstrategy = all\n",
		 "t:3: strategy = all: one, for a latency"},
		{"[a]\nkind = latency\nstrategy = none swap\n", "t:3: strategy = none swap: one"},
		{"[a]\nkind = latency\nmetrics = p50\n", "t:3: metrics = p50: must be one of"},
		{"[a]\nkind = latency\nmetrics = service_p50 resize_p50\n[b]\nkind = diff\n",
		 "t:3: resize_p50 cannot be measured: strategy none does not resize"},
		{"[a]\nmetrics = resize_p50\nkind = latency\nstrategy = none\n",
		 "t:2: resize_p50 cannot be measured: strategy none"},
		{"[a]\nkind = latency\nconsumer = poll\n", "t:3: consumer = poll: must be one of"},
		{"[a]\nkind = latency\nmode = ajar\n", "t:3: mode = ajar: must be one of"},
		{"[a]\nkind = latency\nrounds = 5\n", "t:3: rounds = 5: must be 6 to 1000"},
		{"[a]\nkind = diff\ntarget = \001\n", "t:3: byte 0x01 at column 10 is not text"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct scenarios s;

		cr_assert_eq(parse(table[i].text, &s), -EINVAL, "case %zu: %s", i, table[i].want);
		cr_assert_eq(e.exit, EXIT_USAGE);
		cr_assert(!strncmp(e.text, table[i].want, strlen(table[i].want)),
			  "case %zu: '%s', not '%s'", i, e.text, table[i].want);
		scenarios_free(&s);
	}
}

Test(scenario, what_is_too_long_or_too_much_is_an_error)
{
	static char text[200000];
	struct scenarios s;
	size_t n = 0;

	memset(text, 'x', 5000);
	cr_assert_eq(parse(text, &s), -EINVAL);
	cr_assert(strstr(e.text, "t:1: longer than"), "%s", e.text);
	scenarios_free(&s);
	n = (size_t)sprintf(text, "[a]\nkind = diff\ntarget = ");
	memset(text + n, 'y', 300);
	text[n + 300] = '\0';
	cr_assert_eq(parse(text, &s), -EINVAL);
	cr_assert(strstr(e.text, "t:3: target: longer than"), "%s", e.text);
	scenarios_free(&s);
	n = 0;
	for (unsigned int i = 0; i <= SCENARIOS_MAX; i++)
		n += (size_t)sprintf(text + n, "[s%u]\nkind = diff\n", i);
	cr_assert_eq(parse(text, &s), -EINVAL);
	cr_assert(strstr(e.text, "t:129: more than 64 scenarios"), "%s", e.text);
	scenarios_free(&s);
}

Test(scenario, a_file_that_cannot_be_read_is_of_the_environment)
{
	struct scenarios s;

	cr_assert_lt(scenarios_load("/nonexistent/x.gate", &s, &e), 0);
	cr_assert_eq(e.exit, EXIT_ENVIRONMENT);
	cr_assert(strstr(e.text, "/nonexistent/x.gate"), "%s", e.text);
	scenarios_free(&s);
}

/* Cut, and with bytes changed: the parser ends, and an error has its line. */
Test(scenario, any_bytes_are_parsed_to_an_end, .timeout = 60)
{
	size_t size = strlen(gate_default);
	char *copy = malloc(size);
	unsigned int parsed = 0;
	struct rng r;

	rng_init(&r, 99, 0);
	for (unsigned int i = 0; i < 20000; i++) {
		size_t len = rng_below(&r, (uint32_t)size + 1);
		struct scenarios s;
		int err;

		memcpy(copy, gate_default, size);
		for (uint32_t k = rng_below(&r, 4); k; k--)
			copy[rng_below(&r, (uint32_t)size)] = "[]=#\n\0 ax9\xff"[rng_below(&r, 12)];
		memset(&e, 0, sizeof(e));
		err = scenarios_parse(copy, i % 2 ? size : len, "t", &s, &e);
		cr_assert(!err || (err == -EINVAL && !strncmp(e.text, "t:", 2)), "%d %s", err,
			  e.text);
		parsed += !err;
		scenarios_free(&s);
	}
	cr_assert(parsed > 1000 && parsed < 20000, "%u of 20000", parsed);
	free(copy);
}
