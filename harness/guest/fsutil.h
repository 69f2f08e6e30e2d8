/* SPDX-License-Identifier: MIT */
/* fsutil: the file-system chores of the kernel cache. All but fs_is_folder()
 * return 0 or -errno. */
#ifndef IRQSTORM_GUEST_FSUTIL_H
#define IRQSTORM_GUEST_FSUTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A folder, or a link to one. */
bool fs_is_folder(const char *path);

/* mkdir -p */
int fs_mkdirs(const char *path);

/* rm -rf; a path that is not there is fine. */
int fs_remove_tree(const char *path);

/* Write a new file, whole, and have it on the disk. */
int fs_write_file(const char *path, const void *data, size_t len);

/*
 * Find the file below @dir whose name begins with @prefix and ends in @suffix; the greatest by
 * version order wins. -ENOENT when there is none. @depth 0: in @dir itself only.
 */
int fs_find(const char *dir, const char *prefix, const char *suffix, int depth, char *path,
	    size_t size);

#endif
