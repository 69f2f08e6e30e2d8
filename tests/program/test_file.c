/* SPDX-License-Identifier: MIT */
/* program_load: which form a file has, and files that cannot be had. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "program/binary.h"
#include "program/file.h"

static struct program p;
static struct errmsg e;

static int load_bytes(const void *data, size_t size)
{
	return program_load_bytes(data, size, "t", &p, &e);
}

Test(file, the_content_tells_the_form)
{
	cr_assert_eq(load_bytes("reset\nflr\n", 10), 0);
	cr_assert_eq(p.n, 2, "text");
	cr_assert_eq(load_bytes("# \xc3\xa9 \xe2\x82\xac\nreset", 14), 0);
	cr_assert_eq(p.n, 1, "UTF-8");
	cr_assert_eq(load_bytes("nonsense", 8), -EINVAL, "text, if wrong");
	cr_assert_eq(e.exit, EXIT_USAGE);
	cr_assert(strstr(e.text, "t:1:"), "%s", e.text);
	cr_assert_eq(load_bytes("reset\n\0", 7), 0, "a fuzz input");
	cr_assert_eq(load_bytes("\xff\xfe\x80", 3), 0, "a fuzz input");
	cr_assert_eq(load_bytes("IRQP", 4), -EINVAL, "stored, if cut short");
	cr_assert_eq(load_bytes("", 0), 0);
	cr_assert_eq(p.n, 0);
}

Test(file, saved_and_loaded)
{
	char path[] = "/tmp/irqstorm-test-XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");
	struct op op = op_make(OP_TABLE_SIZE);

	op.value = 77;
	program_add(&p, &op);
	cr_assert_eq(binary_save(&p, f), 0);
	fclose(f);
	cr_assert_eq(program_load(path, &p, &e), 0, "%s", e.text);
	cr_assert_eq(p.n, 1);
	cr_assert(op_equal(&p.ops[0], &op));
	unlink(path);
	cr_assert_eq(program_load(path, &p, &e), -ENOENT);
	cr_assert_eq(e.exit, EXIT_ENVIRONMENT);
	cr_assert(strstr(e.text, path) && strstr(e.text, "No such file"), "%s", e.text);
	cr_assert_eq(p.n, 0);
}

Test(file, what_cannot_be_read)
{
	cr_assert_eq(program_load("/", &p, &e), -EISDIR, "%s", e.text);
	cr_assert_eq(e.exit, EXIT_ENVIRONMENT);
	cr_assert_eq(program_load("/dev/zero", &p, &e), -EFBIG);
	cr_assert_eq(e.exit, EXIT_USAGE);
	cr_assert_eq(program_load("/dev/null", &p, &e), 0);
}
