/* SPDX-License-Identifier: MIT */
#include "program/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program/binary.h"
#include "program/text.h"
#include "support/stopped.h"

/* Bytes of the UTF-8 character that begins with @c, 0 if none does. */
static size_t utf8_len(uint8_t c)
{
	if (c < 0x80)
		return c >= ' ' || c == '\t' || c == '\n' || c == '\r' ? c != 0x7f : 0;
	if (c >= 0xc2 && c < 0xe0)
		return 2;
	if (c >= 0xe0 && c < 0xf0)
		return 3;
	return c >= 0xf0 && c < 0xf5 ? 4 : 0;
}

static bool is_text(const uint8_t *s, size_t size)
{
	for (size_t i = 0; i < size;) {
		size_t len = utf8_len(s[i]);

		if (!len || len > size - i)
			return false;
		for (size_t k = 1; k < len; k++) {
			if ((s[i + k] & 0xc0) != 0x80)
				return false;
		}
		i += len;
	}
	return true;
}

int program_load_bytes(const void *data, size_t size, const char *name, struct program *p,
		       struct errmsg *e)
{
	int err;

	if (binary_is_stored(data, size))
		return binary_load(data, size, name, p, e);
	if (is_text(data, size))
		return text_parse(data, size, name, p, e);
	err = binary_decode(data, size, p);
	return err ? errmsg_set(e, err, EXIT_ENVIRONMENT, "%s: no memory", name) : 0;
}

static int load(const char *path, struct program *p, struct errmsg *e)
{
	bool is_stdin = !strcmp(path, "-");
	const char *name = is_stdin ? "<stdin>" : path;
	FILE *f = is_stdin ? stdin : fopen(path, "re");
	uint8_t *data;
	size_t size;
	int err;

	program_clear(p);
	if (!f) {
		err = -errno;
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "%s: cannot open: %s", name,
				  strerror(-err));
	}
	data = malloc(PROGRAM_FILE_MAX + 1);
	if (!data) {
		err = errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "%s: no memory", name);
		goto out;
	}
	errno = 0;
	size = fread(data, 1, PROGRAM_FILE_MAX + 1, f);
	if (ferror(f)) {
		err = errno ? -errno : -EIO;
		err = errmsg_set(e, err, EXIT_ENVIRONMENT, "%s: cannot read: %s", name,
				 strerror(-err));
	} else if (size > PROGRAM_FILE_MAX) {
		err = errmsg_set(e, -EFBIG, EXIT_USAGE,
				 "%s: longer than %u bytes, too long for a program", name,
				 PROGRAM_FILE_MAX);
	} else {
		err = program_load_bytes(data, size, name, p, e);
	}
	free(data);
out:
	if (!is_stdin)
		fclose(f);
	return err;
}

int program_load(const char *path, struct program *p, struct errmsg *e)
{
	int err;

	stopped_ends_input(true);
	err = load(path, p, e);
	stopped_ends_input(false);
	return err;
}
