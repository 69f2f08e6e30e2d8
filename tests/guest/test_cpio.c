/* SPDX-License-Identifier: MIT */
/* The archive writer, read back by the rules of the kernel's own unpacker; and the command file. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "guest/cmdfile.h"
#include "guest/cpio.h"

struct entry {
	char name[64];
	unsigned int mode, size, major, minor, nlink;
	const uint8_t *data;
};

static unsigned int hex(const uint8_t *p)
{
	char word[9];

	memcpy(word, p, 8);
	word[8] = '\0';
	return (unsigned int)strtoul(word, NULL, 16);
}

/* Step over the entry at *@at. */
static struct entry next(const struct bytes *b, size_t *at)
{
	const uint8_t *p = b->data + *at;
	unsigned int name_len;
	struct entry e = {0};

	cr_assert_eq(*at % 4, 0, "entries are aligned");
	cr_assert_leq(*at + 110, b->len);
	cr_assert(!memcmp(p, "070701", 6));
	e.mode = hex(p + 14);
	e.nlink = hex(p + 38);
	e.size = hex(p + 54);
	e.major = hex(p + 78);
	e.minor = hex(p + 86);
	name_len = hex(p + 94);
	cr_assert_lt(name_len, sizeof(e.name));
	memcpy(e.name, p + 110, name_len);
	cr_assert_eq(e.name[name_len - 1], '\0');
	*at += (110 + name_len + 3) / 4 * 4;
	e.data = b->data + *at;
	*at += (e.size + 3) / 4 * 4;
	cr_assert_leq(*at, b->len);
	return e;
}

Test(cpio, every_kind_of_entry)
{
	struct bytes b = {0};
	struct entry e;
	size_t at = 0;

	cr_assert_eq(cpio_dir(&b, "dev"), 0);
	cr_assert_eq(cpio_chardev(&b, "dev/console", 0600, 5, 1), 0);
	cr_assert_eq(cpio_file(&b, "init", 0755, "hello", 5), 0);
	cr_assert_eq(cpio_file(&b, "empty", 0644, NULL, 0), 0);
	cr_assert_eq(cpio_end(&b), 0);

	e = next(&b, &at);
	cr_assert_str_eq(e.name, "dev");
	cr_assert_eq(e.mode, S_IFDIR | 0755);
	e = next(&b, &at);
	cr_assert_eq(e.mode, S_IFCHR | 0600);
	cr_assert_eq(e.major, 5);
	cr_assert_eq(e.minor, 1);
	e = next(&b, &at);
	cr_assert_str_eq(e.name, "init");
	cr_assert_eq(e.mode, S_IFREG | 0755);
	cr_assert_eq(e.size, 5);
	cr_assert(!memcmp(e.data, "hello", 5));
	cr_assert_eq(e.nlink, 1, "two or more would make the kernel look for hard links");
	e = next(&b, &at);
	cr_assert_eq(e.size, 0);
	e = next(&b, &at);
	cr_assert_str_eq(e.name, "TRAILER!!!");
	cr_assert_eq(at, b.len);
	bytes_free(&b);
}

Test(cpio, sizes_and_names_of_every_alignment)
{
	for (size_t len = 0; len < 9; len++) {
		struct bytes b = {0};
		struct entry e;
		size_t at = 0;

		cr_assert_eq(cpio_file(&b, &"abcdefgh"[len], 0644, "01234567", len), 0);
		cr_assert_eq(cpio_end(&b), 0);
		e = next(&b, &at);
		cr_assert_str_eq(e.name, &"abcdefgh"[len]);
		cr_assert(!memcmp(e.data, "01234567", len));
		next(&b, &at);
		cr_assert_eq(at, b.len);
		bytes_free(&b);
	}
}

Test(cmdfile, records_come_back_in_order)
{
	struct bytes b = {0};
	const char *v;

	cr_assert_null(cmdfile_next(&b, NULL, "arg"), "an empty file has no records");
	cmdfile_add(&b, "mode", "run");
	cmdfile_add(&b, "arg", "irqstorm");
	cmdfile_add(&b, "env", "A=B=C");
	cmdfile_add(&b, "arg", "");
	cmdfile_add(&b, "arg", "two words\nand a line");
	cmdfile_add(&b, "argument", "of a longer key");
	v = cmdfile_next(&b, NULL, "arg");
	cr_assert_str_eq(v, "irqstorm");
	v = cmdfile_next(&b, v, "arg");
	cr_assert_str_eq(v, "");
	v = cmdfile_next(&b, v, "arg");
	cr_assert_str_eq(v, "two words\nand a line");
	cr_assert_null(cmdfile_next(&b, v, "arg"));
	cr_assert_str_eq(cmdfile_next(&b, NULL, "env"), "A=B=C");
	cr_assert_null(cmdfile_next(&b, NULL, "nothing"));
	b.len--;
	cr_assert_null(cmdfile_next(&b, NULL, "argument"), "a cut record does not count");
	bytes_free(&b);
}
