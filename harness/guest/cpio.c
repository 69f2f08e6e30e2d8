/* SPDX-License-Identifier: MIT */
#include "guest/cpio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

struct found {
	const char *name;
	mode_t mode;
	const uint8_t *data;
	size_t len;
};

static size_t field(const uint8_t *head, int i)
{
	char hex[9];

	memcpy(hex, head + 6 + 8 * i, 8);
	hex[8] = '\0';
	return strtoul(hex, NULL, 16);
}

/* The entry at *@at, which moves behind it. 0, -ENOENT at the end, -EINVAL. */
static int next(const uint8_t *data, size_t len, size_t *at, struct found *f)
{
	const uint8_t *head = data + *at;
	size_t name_len, room;

	if (*at > len || len - *at < HEADER_LEN || memcmp(head, "070701", 6))
		return -EINVAL;
	f->mode = (mode_t)field(head, 1);
	f->len = field(head, 6);
	name_len = field(head, 11);
	room = len - *at - HEADER_LEN;
	if (!name_len || name_len + 3 > room || head[HEADER_LEN + name_len - 1])
		return -EINVAL;
	f->name = (const char *)head + HEADER_LEN;
	*at += HEADER_LEN + name_len;
	*at += -*at & 3;
	if (!strcmp(f->name, "TRAILER!!!"))
		return -ENOENT;
	if (*at > len || f->len > len - *at)
		return -EINVAL;
	f->data = data + *at;
	*at += f->len;
	*at += -*at & 3;
	return 0;
}

static int unpack_file(const struct found *f, const char *path)
{
	const struct timespec never[2] = {{0}, {0}};
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, f->mode & 0777), err;

	if (fd < 0)
		return -errno;
	err = write_all(fd, f->data, f->len);
	if (!err && futimens(fd, never))
		err = -errno;
	close(fd);
	return err;
}

int cpio_unpack(const void *data, size_t len, const char *root)
{
	struct found f;
	size_t at = 0;
	int err;

	while (!(err = next(data, len, &at, &f))) {
		char *path;

		if (asprintf(&path, "%s/%s", root, f.name) < 0)
			return -ENOMEM;
		if (S_ISDIR(f.mode))
			err = mkdir(path, f.mode & 0777) && errno != EEXIST ? -errno : 0;
		else
			err = S_ISREG(f.mode) ? unpack_file(&f, path) : -EINVAL;
		free(path);
		if (err)
			return err;
	}
	return err == -ENOENT ? 0 : err;
}
