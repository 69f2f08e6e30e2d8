/* SPDX-License-Identifier: MIT */
/* outfile: whole or not at all, and every way in which a disk says no. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/outfile.h"

static char dir[64], path[128];

static void setup(void)
{
	strcpy(dir, "/tmp/irqstorm-outfile-XXXXXX");
	cr_assert_not_null(mkdtemp(dir), "mkdtemp");
	snprintf(path, sizeof(path), "%s/result.json", dir);
}

static void teardown(void)
{
	unlink(path);
	rmdir(dir);
}

static int files(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static bool exists(const char *name)
{
	return access(name, F_OK) == 0;
}

static void read_back(char *buf, size_t size)
{
	FILE *f = fopen(path, "r");

	cr_assert_not_null(f, "%s", path);
	buf[fread(buf, 1, size - 1, f)] = '\0';
	fclose(f);
}

TestSuite(outfile, .init = setup, .fini = teardown);

Test(outfile, appears_on_commit_and_not_before)
{
	struct errmsg e = {0};
	struct outfile o;
	char text[32];

	cr_assert_eq(outfile_open(&o, path, &e), 0, "%s", e.text);
	fputs("hello\n", o.f);
	fflush(o.f);
	cr_assert(!exists(path), "there before commit");
	cr_assert_eq(files(), 1, "one temporary file");
	cr_assert_eq(outfile_commit(&o, &e), 0, "%s", e.text);
	read_back(text, sizeof(text));
	cr_assert_str_eq(text, "hello\n");
	cr_assert_eq(files(), 1, "the temporary file is left");
	outfile_abort(&o);
	cr_assert(exists(path), "abort after commit must not undo it");
}

Test(outfile, abort_leaves_nothing)
{
	struct outfile o;

	cr_assert_eq(outfile_open(&o, path, NULL), 0, "open");
	fputs("hello\n", o.f);
	outfile_abort(&o);
	cr_assert_eq(files(), 0, "something is left");
	outfile_abort(&o);
}

Test(outfile, abort_keeps_the_old_one)
{
	struct outfile o;
	char text[32];

	cr_assert_eq(outfile_open(&o, path, NULL), 0, "open");
	fputs("old", o.f);
	cr_assert_eq(outfile_commit(&o, NULL), 0, "commit");
	cr_assert_eq(outfile_open(&o, path, NULL), 0, "open");
	fputs("new", o.f);
	outfile_abort(&o);
	read_back(text, sizeof(text));
	cr_assert_str_eq(text, "old");
}

Test(outfile, replaces_the_old_one)
{
	struct outfile o;
	char text[32];

	for (int i = 0; i < 2; i++) {
		cr_assert_eq(outfile_open(&o, path, NULL), 0, "open");
		fputs(i ? "2" : "a longer first", o.f);
		cr_assert_eq(outfile_commit(&o, NULL), 0, "commit");
	}
	read_back(text, sizeof(text));
	cr_assert_str_eq(text, "2");
}

Test(outfile, null_path_is_closed)
{
	struct errmsg e = {0};
	struct outfile o;

	cr_assert_eq(outfile_open(&o, NULL, &e), 0, "open");
	cr_assert_null(o.f, "open though there is no path");
	cr_assert_eq(outfile_commit(&o, &e), 0, "commit");
	outfile_abort(&o);
}

Test(outfile, missing_directory_is_refused_at_once)
{
	struct errmsg e = {0};
	struct outfile o;

	cr_assert_eq(outfile_open(&o, "/nonexistent/dir/x.json", &e), -ENOENT, "open");
	cr_assert_eq(e.exit, EXIT_ENVIRONMENT, "exit %d", (int)e.exit);
	cr_assert(strstr(e.text, "/nonexistent/dir/x.json"), "%s", e.text);
	cr_assert(!strchr(e.text, '\n'), "more than one line");
	outfile_abort(&o);
}

Test(outfile, unwritable_directory_is_refused_at_once)
{
	struct errmsg e = {0};
	struct outfile o;
	int err;

	cr_assert_eq(chmod(dir, 0555), 0, "chmod");
	if (geteuid() == 0 && seteuid(65534)) {
		teardown(); /* a skipped test does not come to it */
		cr_skip_test("root may write everywhere and cannot become nobody");
	}
	err = outfile_open(&o, path, &e);
	if (getuid() == 0)
		cr_assert_eq(seteuid(0), 0, "seteuid");
	chmod(dir, 0755);
	cr_assert_eq(err, -EACCES, "%d", err);
	cr_assert_eq(e.exit, EXIT_ENVIRONMENT, "exit %d", (int)e.exit);
}

Test(outfile, a_directory_is_refused)
{
	struct errmsg e = {0};
	struct outfile o;

	cr_assert_eq(outfile_open(&o, dir, &e), -EISDIR, "%s", e.text);
}

Test(outfile, full_disk_is_told)
{
	static const size_t sizes[] = {1, 4096, 1000000}; /* below, at and above stdio's buffer */

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct errmsg e = {0};
		struct outfile o;
		int err;

		cr_assert_eq(outfile_open(&o, "/dev/full", &e), 0, "%s", e.text);
		for (size_t k = 0; k < sizes[i]; k++)
			fputc('x', o.f);
		err = outfile_commit(&o, &e);
		cr_assert_eq(err, -ENOSPC, "%zu bytes: %d", sizes[i], err);
		cr_assert(strstr(e.text, "/dev/full") && strstr(e.text, "No space"), "%s", e.text);
	}
	cr_assert(exists("/dev/full"), "/dev/full was removed");
}

Test(outfile, special_files_are_written_in_place)
{
	struct outfile o;
	struct stat st;

	cr_assert_eq(outfile_open(&o, "/dev/null", NULL), 0, "open");
	fputs("x", o.f);
	cr_assert_eq(outfile_commit(&o, NULL), 0, "commit");
	cr_assert_eq(stat("/dev/null", &st), 0, "stat");
	cr_assert(S_ISCHR(st.st_mode), "/dev/null was replaced");
}

Test(outfile, stdout_stays_open)
{
	struct outfile o;

	cr_assert_eq(outfile_open(&o, "-", NULL), 0, "open");
	cr_assert_eq(o.f, stdout, "not stdout");
	cr_assert_eq(outfile_commit(&o, NULL), 0, "commit");
	cr_assert(fcntl(STDOUT_FILENO, F_GETFD) >= 0, "stdout was closed");
}

Test(outfile, full_stdout_is_told)
{
	struct errmsg e = {0};
	struct outfile o;

	cr_assert_not_null(freopen("/dev/full", "w", stdout), "freopen");
	cr_assert_eq(outfile_open(&o, "-", &e), 0, "open");
	fputs("x", o.f);
	cr_assert_eq(outfile_commit(&o, &e), -ENOSPC, "commit");
	cr_assert(strstr(e.text, "cannot write to stdout: No space"), "%s", e.text);
}
