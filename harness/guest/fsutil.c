/* SPDX-License-Identifier: MIT */
#include "guest/fsutil.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/bytes.h"

#define FTW_FDS 32

bool fs_is_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

int fs_mkdirs(const char *path)
{
	char part[PATH_MAX];
	size_t len = strlen(path);

	if (len >= sizeof(part))
		return -ENAMETOOLONG;
	for (size_t i = 1; i <= len; i++) {
		if (path[i] && path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0777) && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path) ? -errno : 0;
}

int fs_remove_tree(const char *path)
{
	struct stat st;
	int err;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	err = nftw(path, remove_one, FTW_FDS, FTW_DEPTH | FTW_PHYS);
	return err == -1 ? -errno : err;
}

int fs_write_file(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	int err;

	if (fd < 0)
		return -errno;
	err = write_all(fd, data, len);
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

static int find(const char *dir, const char *prefix, const char *suffix, int depth, char *best,
		size_t size, char *best_name)
{
	size_t plen = strlen(prefix), slen = strlen(suffix);
	struct dirent *de;
	DIR *d = opendir(dir);

	if (!d)
		return -errno;
	while ((de = readdir(d))) {
		size_t len = strlen(de->d_name);
		char path[PATH_MAX];
		struct stat st;
		int n = snprintf(path, sizeof(path), "%s/%s", dir, de->d_name);

		if (de->d_name[0] == '.' || n < 0 || (size_t)n >= sizeof(path) || (size_t)n >= size)
			continue;
		if (len >= plen + slen && !strncmp(de->d_name, prefix, plen) &&
		    !strcmp(de->d_name + len - slen, suffix) &&
		    (!best_name[0] || strverscmp(de->d_name, best_name) > 0)) {
			memcpy(best_name, de->d_name, len + 1);
			memcpy(best, path, (size_t)n + 1);
		} else if (depth && !lstat(path, &st) && S_ISDIR(st.st_mode)) {
			find(path, prefix, suffix, depth - 1, best, size, best_name);
		}
	}
	closedir(d);
	return 0;
}

int fs_find(const char *dir, const char *prefix, const char *suffix, int depth, char *path,
	    size_t size)
{
	char name[NAME_MAX + 1] = "";
	int err = find(dir, prefix, suffix, depth, path, size, name);

	if (err)
		return err;
	return name[0] ? 0 : -ENOENT;
}
