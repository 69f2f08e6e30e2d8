/* SPDX-License-Identifier: MIT */
/* bytes: a growing byte buffer, for archives, command files and what programs print. */
#ifndef IRQSTORM_GUEST_BYTES_H
#define IRQSTORM_GUEST_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint8_t *data;
	size_t len, cap;
};

/* 0 or -ENOMEM; @data NULL appends zeroes. */
int bytes_append(struct bytes *b, const void *data, size_t len);

/* Append what is left to read at @fd. 0 or -errno. */
int bytes_read_fd(struct bytes *b, int fd);

/* Append the content of a file. 0 or -errno. */
int bytes_read_file(struct bytes *b, const char *path);

void bytes_free(struct bytes *b);

/* write() until all is written; 0 or -errno. */
int write_all(int fd, const void *data, size_t len);

#endif
