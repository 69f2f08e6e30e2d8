/* SPDX-License-Identifier: MIT */
#include "bench/folder.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], out[80];
static struct folder f;
static struct errmsg e;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void setup(void)
{
	strcpy(dir, "/tmp/irqstorm-folder-XXXXXX");
	cr_assert(mkdtemp(dir));
	snprintf(out, sizeof(out), "%s/out", dir);
	f.lock = -1;
}

static void teardown(void)
{
	folder_close(&f);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(folder, .init = setup, .fini = teardown);

static json_t *manifest(int duration)
{
	return json_pack("{s:s, s:s, s:{s:s}, s:s, s:{s:i}}", "schema", "test", "seed", "0x2a",
			 "host", "kernel", "6.12", "command", "irqstorm bench", "options",
			 "duration_ns", duration);
}

static int open_with(int duration)
{
	json_t *m = manifest(duration);
	int err = folder_open(&f, out, m, &e);

	json_decref(m);
	return err;
}

static bool is_there(const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", out, name);
	return !access(path, F_OK);
}

static void touch(const char *name)
{
	char path[160];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", out, name);
	file = fopen(path, "we");
	cr_assert(file);
	fclose(file);
}

Test(folder, what_was_stored_is_found_by_the_next_one)
{
	cr_assert_eq(open_with(5), 0, "%s", e.text);
	cr_assert_not(f.resumed);
	cr_assert_null(folder_find(&f, "cells/a.r1"));
	cr_assert_eq(folder_store(&f, "cells/a.r1", json_pack("{s:i}", "n", 7), &e), 0, "%s",
		     e.text);
	cr_assert(folder_find(&f, "cells/a.r1"));
	folder_close(&f);
	cr_assert_eq(open_with(5), 0, "%s", e.text);
	cr_assert(f.resumed);
	cr_assert_eq(json_integer_value(json_object_get(folder_find(&f, "cells/a.r1"), "n")), 7);
	cr_assert_null(folder_find(&f, "cells/a.r2"));
}

Test(folder, other_options_are_refused_by_name)
{
	cr_assert_eq(open_with(5), 0);
	folder_close(&f);
	cr_assert_eq(open_with(6), -EEXIST);
	cr_assert_eq(e.exit, EXIT_USAGE);
	cr_assert(strstr(e.text, "options.duration_ns (5; now 6)"), "%s", e.text);
}

Test(folder, how_it_was_called_may_differ)
{
	json_t *m = manifest(5);

	cr_assert_eq(open_with(5), 0);
	folder_close(&f);
	json_object_set_new(m, "command", json_string("another"));
	cr_assert_eq(folder_open(&f, out, m, &e), 0, "%s", e.text);
	json_decref(m);
}

Test(folder, the_seed_of_an_earlier_bench_is_told)
{
	char *seed;

	cr_assert_null(folder_seed(out));
	cr_assert_eq(open_with(5), 0);
	seed = folder_seed(out);
	cr_assert_str_eq(seed, "0x2a");
	free(seed);
}

Test(folder, two_at_once_are_refused)
{
	struct folder other;
	json_t *m = manifest(5);

	cr_assert_eq(open_with(5), 0);
	cr_assert_eq(folder_open(&other, out, m, &e), -EBUSY);
	cr_assert_eq(e.exit, EXIT_ENVIRONMENT);
	folder_close(&other);
	json_decref(m);
}

Test(folder, a_folder_of_other_things_is_refused)
{
	cr_assert_eq(mkdir(out, 0700), 0);
	touch("thesis.tex");
	cr_assert_eq(open_with(5), -EEXIST);
	cr_assert_eq(e.exit, EXIT_USAGE);
	cr_assert(is_there("thesis.tex"));
}

Test(folder, one_that_was_killed_at_its_start_is_not)
{
	cr_assert_eq(mkdir(out, 0700), 0);
	touch("manifest.json.tmp.77");
	cr_assert_eq(open_with(5), 0, "%s", e.text);
	cr_assert_not(is_there("manifest.json.tmp.77"));
	cr_assert(is_there("manifest.json"));
}

Test(folder, a_file_that_came_to_harm_is_measured_again)
{
	cr_assert_eq(open_with(5), 0);
	folder_close(&f);
	touch("cells/a.r1.json");
	cr_assert_eq(open_with(5), 0);
	cr_assert_null(folder_find(&f, "cells/a.r1"));
}

Test(folder, a_path_that_cannot_be_made_is_the_machines_fault)
{
	json_t *m = manifest(5);

	cr_assert_eq(folder_open(&f, "/proc/irqstorm", m, &e), -ENOENT);
	cr_assert_eq(e.exit, EXIT_ENVIRONMENT);
	json_decref(m);
}

Test(folder, without_a_path_everything_is_kept_in_memory)
{
	json_t *m = manifest(5);

	cr_assert_eq(folder_open(&f, NULL, m, &e), 0);
	cr_assert_eq(folder_store(&f, "cells/a.r1", json_pack("{s:i}", "n", 7), &e), 0);
	cr_assert_eq(json_integer_value(json_object_get(folder_find(&f, "cells/a.r1"), "n")), 7);
	json_decref(m);
}
