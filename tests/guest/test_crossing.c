/* SPDX-License-Identifier: MIT */
#include "guest/crossing.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/crossed.h"

static const struct opt opts[] = {
	{.type = OPT_STRING, .name = "target"},
	{.type = OPT_INFILE, .name = "in"},
	{.type = OPT_OUTDIR, .name = "out"},
	OPT_TABLE_END,
};

static const struct command command = {.name = "run", .opts = opts};

static char dir[64];
static struct crossing x;
static struct errmsg e;

static const char *at(const char *name)
{
	static char path[4][128];
	static unsigned int i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

static void touch(const char *name)
{
	FILE *f = fopen(at(name), "we");

	cr_assert(f);
	fclose(f);
}

static void setup(void)
{
	strcpy(dir, "/tmp/irqstorm-crossing-XXXXXX");
	cr_assert(mkdtemp(dir));
	touch("b.irq");
	touch("a.irq");
	touch("10.irq");
	touch(".hidden.irq");
	touch("notes.txt");
	touch(".irq");
	mkdir(at("empty"), 0700);
}

static void teardown(void)
{
	static const char *const names[] = {"b.irq",     "a.irq", "10.irq", ".hidden.irq",
					    "notes.txt", ".irq",  "empty",  ""};

	crossing_free(&x);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove(at(names[i]));
}

TestSuite(crossing, .init = setup, .fini = teardown);

static int cross(const struct command *cmd, const char *const *words)
{
	char *argv[16];
	int argc = 0;

	while (words[argc]) {
		argv[argc] = (char *)(uintptr_t)words[argc];
		argc++;
	}
	return crossing_init(&x, cmd, argc, argv, &e);
}

Test(crossing, words_that_are_files_cross)
{
	const char *const words[] = {"run", "--target", "vfio:auto", at("b.irq"), "none.irq", NULL};

	cr_assert_eq(cross(&command, words), 0, "%s", e.text);
	cr_assert_eq(x.argc, 5);
	cr_assert_str_eq(x.argv[3], "/in/0.b.irq");
	cr_assert_str_eq(x.argv[4], "none.irq");
	cr_assert_eq(x.n_in, 1);
	cr_assert_str_eq(x.in[0].host, at("b.irq"));
}

Test(crossing, a_folder_is_its_programs_in_order)
{
	const char *const words[] = {"run", "--in", at("notes.txt"), dir, at("a.irq"), NULL};

	cr_assert_eq(cross(&command, words), 0, "%s", e.text);
	cr_assert_eq(x.argc, 7);
	cr_assert_str_eq(x.argv[2], "/in/0.notes.txt");
	cr_assert_str_eq(x.argv[3], "/in/1.10.irq");
	cr_assert_str_eq(x.argv[4], "/in/2.a.irq");
	cr_assert_str_eq(x.argv[5], "/in/3.b.irq");
	cr_assert_str_eq(x.argv[6], "/in/4.a.irq");
	cr_assert_null(x.argv[7]);
	cr_assert_eq(x.n_in, 5);
	cr_assert_str_eq(x.in[1].host, at("10.irq"));
}

Test(crossing, a_folder_with_a_slash_behind_it)
{
	const char *const words[] = {"run", at(""), NULL};

	cr_assert_eq(cross(&command, words), 0, "%s", e.text);
	cr_assert_eq(x.argc, 4);
	cr_assert_str_eq(x.in[0].host, at("10.irq"));
}

Test(crossing, a_folder_without_programs_is_an_error)
{
	const char *const words[] = {"run", at("empty"), NULL};

	cr_assert_eq(cross(&command, words), -ENOENT);
	cr_assert(strstr(e.text, "no *.irq files"));
}

Test(crossing, an_option_that_names_a_folder_stays)
{
	const char *const words[] = {"run", "--target", dir, NULL};

	cr_assert_eq(cross(&command, words), 0, "%s", e.text);
	cr_assert_eq(x.argc, 3);
	cr_assert_str_eq(x.argv[2], dir);
	cr_assert_eq(x.n_in, 0);
}

Test(crossing, a_folder_crosses_whole_where_that_is_wanted)
{
	const char *const words[] = {"fuzz", at("a.irq"), dir, at("empty"), "none", NULL};

	cr_assert_eq(cross(NULL, words), 0, "%s", e.text);
	cr_assert_eq(crossing_folders(&x, &e), 0, "%s", e.text);
	cr_assert_eq(x.argc, 5);
	cr_assert_str_eq(x.argv[1], "/in/0.a.irq");
	cr_assert_str_eq(x.argv[2], "/in/1.folder");
	cr_assert_str_eq(x.argv[3], "/in/6.folder");
	cr_assert_str_eq(x.argv[4], "none");
	cr_assert_eq(x.n_in, 7, "%zu: hidden files and folders in it do not cross", x.n_in);
	cr_assert_null(x.in[1].host);
	cr_assert_str_eq(x.in[1].guest, "/in/1.folder");
	cr_assert_str_eq(x.in[2].host, at("10.irq"));
	cr_assert_str_eq(x.in[2].guest, "/in/1.folder/10.irq");
	cr_assert_str_eq(x.in[5].guest, "/in/1.folder/notes.txt");
	cr_assert_null(x.in[6].host);
}

Test(crossing, a_folder_for_a_program_of_the_users_own_stays)
{
	const char *const words[] = {"./program", dir, at("a.irq"), NULL};

	cr_assert_eq(cross(NULL, words), 0, "%s", e.text);
	cr_assert_eq(x.argc, 3);
	cr_assert_str_eq(x.argv[1], dir);
	cr_assert_str_eq(x.argv[2], "/in/0.a.irq");
}

static bool goes_in(const char *guest)
{
	for (size_t i = 0; i < x.n_in; i++) {
		if (!strcmp(x.in[i].guest, guest))
			return true;
	}
	return false;
}

Test(crossing, a_folder_for_results_goes_in_and_comes_out)
{
	char nested[160];

	snprintf(nested, sizeof(nested), "%s/empty/deep.json", dir);
	fclose(fopen(nested, "we"));
	cr_assert_eq(cross(&command, (const char *[]){"run", "--out", dir, NULL}), 0, "%s", e.text);
	remove(nested);
	cr_assert_eq(x.n_out, 1);
	cr_assert(x.out[0].folder);
	cr_assert_str_eq(x.out[0].host, dir);
	cr_assert_eq(strncmp(x.argv[2], "/in/0.irqstorm-crossing-", 24), 0, "%s", x.argv[2]);
	cr_assert_str_eq(x.out[0].guest, x.argv[2]);
	snprintf(nested, sizeof(nested), "%s/notes.txt", x.argv[2]);
	cr_assert(goes_in(nested));
	snprintf(nested, sizeof(nested), "%s/empty", x.argv[2]);
	cr_assert(goes_in(nested), "the folder in it");
	snprintf(nested, sizeof(nested), "%s/empty/deep.json", x.argv[2]);
	cr_assert(goes_in(nested), "and what is in that");
	snprintf(nested, sizeof(nested), "%s/.hidden.irq", x.argv[2]);
	cr_assert_not(goes_in(nested));
}

Test(crossing, a_folder_for_results_is_made)
{
	cr_assert_eq(cross(&command, (const char *[]){"run", "--out", at("new"), NULL}), 0, "%s",
		     e.text);
	cr_assert_eq(rmdir(at("new")), 0);
	cr_assert_eq(x.n_in, 1, "the folder itself");
	cr_assert_null(x.in[0].host);
}

Test(crossing, a_folder_for_results_that_cannot_be_made_is_refused)
{
	cr_assert_lt(cross(&command, (const char *[]){"run", "--out", "/proc/none", NULL}), 0);
	cr_assert_eq(e.exit, EXIT_ENVIRONMENT);
}

Test(crossing, an_empty_folder_more_comes_out_of_any_command)
{
	const char *inside = NULL;

	cr_assert_eq(cross(&command, (const char *[]){"run", at("a.irq"), NULL}), 0, "%s", e.text);
	cr_assert_eq(crossing_out_folder(&x, dir, &inside, &e), 0, "%s", e.text);
	cr_assert_eq(x.n_out, 1);
	cr_assert(x.out[0].folder);
	cr_assert_str_eq(x.out[0].guest, inside);
	cr_assert_eq(x.n_in, 2, "the folder itself, and nothing that is in it");
	cr_assert_eq(x.in[1].host, NULL);
	cr_assert_str_eq(x.in[1].guest, inside);
	cr_assert_eq(x.argc, 2);
}

Test(crossing, programs_in_the_guest_are_told_the_hosts_names)
{
	char *argv[] = {"run", "--out", (char *)(uintptr_t)at("empty"),
			(char *)(uintptr_t)at("a.irq"), NULL};
	char *name;

	cr_assert_eq(crossing_init(&x, &command, 4, argv, &e), 0, "%s", e.text);
	cr_assert_eq(crossing_tell(&x), 0);
	name = crossed_name(x.argv[2]);
	cr_assert_str_eq(name, argv[2]);
	free(name);
	name = crossed_name(x.argv[3]);
	cr_assert_str_eq(name, argv[3]);
	free(name);
}
