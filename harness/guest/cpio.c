/* SPDX-License-Identifier: MIT */
#include "guest/cpio.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define HEADER_LEN 110

static int pad4(struct bytes *b)
{
	return bytes_append(b, NULL, -b->len & 3);
}

static int entry(struct bytes *b, const char *name, mode_t mode, unsigned int major,
		 unsigned int minor, const void *data, size_t len)
{
	char head[HEADER_LEN + 1];
	size_t name_len = strlen(name) + 1;
	int err;

	if (len > UINT32_MAX)
		return -EFBIG;
	/* The position is unique, which is all that an inode number has to be. */
	snprintf(head, sizeof(head), "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		 (unsigned int)(b->len / 4 + 1), (unsigned int)mode, 0U, 0U, 1U, 0U,
		 (unsigned int)len, 0U, 0U, major, minor, (unsigned int)name_len, 0U);
	err = bytes_append(b, head, HEADER_LEN);
	if (!err)
		err = bytes_append(b, name, name_len);
	if (!err)
		err = pad4(b);
	if (!err && len)
		err = bytes_append(b, data, len);
	return err ? err : pad4(b);
}

int cpio_dir(struct bytes *b, const char *name)
{
	return entry(b, name, S_IFDIR | 0755, 0, 0, NULL, 0);
}

int cpio_file(struct bytes *b, const char *name, mode_t mode, const void *data, size_t len)
{
	return entry(b, name, S_IFREG | mode, 0, 0, data, len);
}

int cpio_chardev(struct bytes *b, const char *name, mode_t mode, unsigned int major,
		 unsigned int minor)
{
	return entry(b, name, S_IFCHR | mode, major, minor, NULL, 0);
}

int cpio_end(struct bytes *b)
{
	return entry(b, "TRAILER!!!", 0, 0, 0, NULL, 0);
}
