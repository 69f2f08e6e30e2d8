/* SPDX-License-Identifier: MIT */
/* known: what is new, known, gone, back, and marked, over nights. */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>

#include "nightly/known.h"

static json_t *known;

static void begin(void)
{
	cr_assert_eq(known_load("/nonexistent/known.json", &known, NULL), 0);
}

static void end(void)
{
	json_decref(known);
}

TestSuite(known, .init = begin, .fini = end, .timeout = 60);

/* A night of one step @kind in @state that found @keys, one letter each. */
static void spend(const char *name, const char *kind, const char *state, const char *keys)
{
	json_t *night = json_pack("{ss s[{ss ss ss s[]}]}", "name", name, "steps", "name", kind,
				  "kind", kind, "state", state, "findings");
	json_t *step = json_array_get(json_object_get(night, "steps"), 0);

	for (; *keys; keys++)
		json_array_append_new(json_object_get(step, "findings"),
				      json_pack("{ss# ss ss ss}", "key", keys, 1, "what", name,
						"repeat", "r", "artifact", name));
	known_note(known, name, step);
	known_close(known, night);
	json_decref(night);
}

#define expect(night, n, t, m, g)                                                                  \
	do {                                                                                       \
		cr_assert_eq(known_count(known, night, KNOWN_NEW), n, "new");                      \
		cr_assert_eq(known_count(known, night, KNOWN_THERE), t, "there");                  \
		cr_assert_eq(known_count(known, night, KNOWN_MARKED), m, "marked");                \
		cr_assert_eq(known_count(known, night, KNOWN_GONE), g, "gone");                    \
	} while (0)

Test(known, a_finding_is_new_then_known_then_gone_then_back)
{
	spend("1", "gate", "finding", "ab");
	expect("1", 2, 0, 0, 0);
	spend("2", "gate", "finding", "a");
	expect("2", 0, 1, 0, 1);
	spend("3", "gate", "finding", "a");
	expect("3", 0, 1, 0, 0);
	spend("4", "gate", "finding", "ab");
	expect("4", 1, 1, 0, 0);
	spend("5", "gate", "pass", "");
	expect("5", 0, 0, 0, 2);
}

Test(known, a_night_noted_twice_counts_once)
{
	const json_t *entry;

	spend("1", "gate", "finding", "a");
	spend("1", "gate", "finding", "a");
	expect("1", 1, 0, 0, 0);
	entry = json_array_get(json_object_get(known, "findings"), 0);
	cr_assert_eq(json_integer_value(json_object_get(entry, "nights")), 1);
}

Test(known, a_step_that_did_not_look_makes_nothing_go)
{
	spend("1", "gate", "finding", "a");
	spend("2", "gate", "skipped", "");
	expect("2", 0, 0, 0, 0);
	spend("3", "gate", "error", "");
	expect("3", 0, 0, 0, 0);
	spend("4", "diff", "pass", "");
	expect("4", 0, 0, 0, 0);
	spend("5", "gate", "pass", "");
	expect("5", 0, 0, 0, 1);
}

Test(known, diff_ends_at_its_first_finding_and_has_not_looked_for_others)
{
	spend("1", "diff", "finding", "a");
	spend("2", "diff", "finding", "b");
	expect("2", 1, 0, 0, 0);
	spend("3", "diff", "pass", "");
	expect("3", 0, 0, 0, 2);
}

Test(known, what_is_marked_is_told_apart_and_can_be_forgotten)
{
	spend("1", "gate", "finding", "ab");
	cr_assert_eq(known_mark(known, "a", "tracked"), 0);
	expect("1", 1, 0, 1, 0);
	cr_assert_eq(known_mark(known, "c", "tracked"), -ENOENT);
	cr_assert_eq(known_mark(known, "a", NULL), 0);
	spend("2", "gate", "finding", "ab");
	expect("2", 1, 1, 0, 0);
}
