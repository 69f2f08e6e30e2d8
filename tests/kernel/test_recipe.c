/* SPDX-License-Identifier: MIT */
/* Fragments: what they ask for is in the finished configuration, or is named. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "kernel/recipe.h"

static struct errmsg e;

static int check(const char *first, const char *second, const char *config)
{
	const char *fragments[] = {first, second, NULL};

	memset(&e, 0, sizeof(e));
	return recipe_check_fragments(fragments, config, &e);
}

static void lost(const char *first, const char *second, const char *config, const char *words)
{
	cr_assert_lt(check(first, second, config), 0, "%s is in %s", words, config);
	cr_assert_eq(e.exit, EXIT_ENVIRONMENT);
	cr_assert(strstr(e.text, words), "no '%s' in: %s", words, e.text);
}

Test(recipe, an_option_that_is_there)
{
	cr_assert_eq(check("CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=-1\n", NULL,
			   "CONFIG_C=-1\n# CONFIG_B is not set\nCONFIG_A=y\n"),
		     0, "%s", e.text);
	cr_assert_eq(check("# CONFIG_B is not set\n", NULL, "CONFIG_A=y\n"), 0, "unknown is off");
	cr_assert_eq(check("CONFIG_A=y", NULL, "CONFIG_A=y"), 0, "no newline at the end");
}

Test(recipe, an_option_that_got_lost_is_named)
{
	lost("CONFIG_A=y\n", NULL, "# CONFIG_A is not set\n", "CONFIG_A=y");
	lost("CONFIG_A=y\n", NULL, "", "CONFIG_A=y");
	lost("CONFIG_A=y\n", NULL, "CONFIG_A=m\n", "CONFIG_A=y");
	lost("CONFIG_A=1\n", NULL, "CONFIG_A=16\n", "CONFIG_A=1");
	lost("CONFIG_A=y\n", NULL, "CONFIG_AB=y\nCONFIG_BA=y\n", "CONFIG_A=y");
	lost("# CONFIG_A is not set\n", NULL, "CONFIG_A=y\n", "CONFIG_A=n");
	lost("# CONFIG_A is not set\n", NULL, "CONFIG_B=y\nCONFIG_A=m\n", "CONFIG_A=n");
	lost("CONFIG_A=y\nCONFIG_B=y\n", "CONFIG_C=y\n", "CONFIG_B=y\n", "CONFIG_A=y, CONFIG_C=y");
}

Test(recipe, what_is_only_asked_for_may_get_lost)
{
	cr_assert_eq(check("#? CONFIG_A=y\n#? # CONFIG_B is not set\n", NULL, "CONFIG_B=y\n"), 0,
		     "%s", e.text);
}

Test(recipe, a_later_fragment_has_the_last_word)
{
	cr_assert_eq(check("# CONFIG_A is not set\n", "CONFIG_A=y\n", "CONFIG_A=y\n"), 0, "%s",
		     e.text);
	lost("# CONFIG_A is not set\n", "CONFIG_A=y\n", "", "CONFIG_A=y");
}

Test(recipe, each_has_what_it_is_named_for)
{
	static const struct {
		const char *name, *line;
	} want[] = {
		{"plain", "CONFIG_VFIO_DEVICE_CDEV=y"}, {"plain", "CONFIG_VFIO_GROUP=y"},
		{"plain", "CONFIG_IRQ_REMAP=y"},        {"plain", "CONFIG_UNIX=y"},
		{"debug", "CONFIG_VFIO_DEVICE_CDEV=y"}, {"debug", "CONFIG_KASAN=y"},
		{"debug", "CONFIG_PROVE_LOCKING=y"},    {"debug", "CONFIG_DEBUG_KMEMLEAK=y"},
		{"debug", "CONFIG_FAILSLAB=y"},         {"kcov", "CONFIG_KCOV=y"},
		{"kcov", "CONFIG_VFIO_DEVICE_CDEV=y"},
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct recipe *r = recipe_find(want[i].name);
		struct bytes text = {0};
		char line[80];

		cr_assert_not_null(r, "%s", want[i].name);
		cr_assert_eq(recipe_config(r, &text), 0);
		cr_assert_eq(bytes_append(&text, "", 1), 0);
		snprintf(line, sizeof(line), "\n%s\n", want[i].line);
		cr_assert(strstr((const char *)text.data, line), "%s has no %s", want[i].name,
			  want[i].line);
		cr_assert_not(strstr((const char *)text.data, "#? "), "kconfig knows no such mark");
		/* As asked, so taken whole. */
		cr_assert_eq(recipe_check(r, (const char *)text.data, &e), 0, "%s: %s",
			     want[i].name, e.text);
		bytes_free(&text);
	}
}

Test(recipe, another_recipe_has_another_hash)
{
	cr_assert_neq(recipe_hash(recipe_find("plain")), recipe_hash(recipe_find("debug")));
	cr_assert_neq(recipe_hash(recipe_find("debug")), recipe_hash(recipe_find("kcov")));
	cr_assert_null(recipe_find("plai"));
}
