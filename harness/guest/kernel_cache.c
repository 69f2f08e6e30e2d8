/* SPDX-License-Identifier: MIT */
#include "guest/kernel_cache.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/fsutil.h"
#include "guest/kernel.h"
#include "guest/lockfile.h"
#include "guest/proc.h"

#define SUMS      "SHA256SUMS"
#define MAKING    ".fetch-"
#define LOCK      ".lock-"
#define MODULES   "modules"
/* An entry has five to ten modules. */
#define FILES_MAX 64

static const char *const arches[] = {"amd64", "arm64"};

int kernel_cache_open(char *kernels, size_t size, struct errmsg *e)
{
	char base[PATH_MAX / 2];
	int err = kernel_cache_dir(base, sizeof(base), e);

	if (err)
		return err;
	if ((size_t)snprintf(kernels, size, "%s/kernels", base) >= size)
		err = -ENAMETOOLONG;
	else
		err = fs_mkdirs(kernels);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT,
				  "cannot write to the kernel cache %s/kernels: %s; set "
				  "XDG_CACHE_HOME",
				  base, strerror(-err));
	return 0;
}

/* What the name of an entry says of it. */
static bool describe(const char *name, struct kernel_entry *k)
{
	char package[NAME_MAX + 1];

	snprintf(package, sizeof(package), "%.*s", (int)strcspn(name, "_"), name);
	snprintf(k->name, sizeof(k->name), "%s", name);
	for (size_t i = 0; strchr(name, '_') && i < sizeof(arches) / sizeof(arches[0]); i++) {
		if (apt_image_name(package, arches[i], k->series, &k->rt)) {
			snprintf(k->arch, sizeof(k->arch), "%s", arches[i]);
			return true;
		}
	}
	return false;
}

static uint64_t tree_size(const char *dir, int depth)
{
	struct dirent *de;
	uint64_t size = 0;
	DIR *d = opendir(dir);

	while (d && (de = readdir(d))) {
		char path[PATH_MAX];
		struct stat st;
		int n = snprintf(path, sizeof(path), "%s/%s", dir, de->d_name);

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, "..") || n < 0 ||
		    (size_t)n >= sizeof(path) || lstat(path, &st))
			continue;
		if (S_ISREG(st.st_mode))
			size += (uint64_t)st.st_size;
		else if (S_ISDIR(st.st_mode) && depth)
			size += tree_size(path, depth - 1);
	}
	if (d)
		closedir(d);
	return size;
}

static int by_version(const void *a, const void *b)
{
	const struct kernel_entry *x = a, *y = b;
	int diff = apt_version_cmp(strchr(x->name, '_'), strchr(y->name, '_'));

	return diff ? diff : strcmp(x->name, y->name);
}

int kernel_cache_list(const char *kernels, struct kernel_entries *list, struct errmsg *e)
{
	struct dirent *de;
	DIR *d = opendir(kernels);
	int err = 0;

	memset(list, 0, sizeof(*list));
	if (!d)
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot read %s: %s", kernels,
				  strerror(errno));
	while (!err && (de = readdir(d))) {
		struct kernel_entry k = {0}, *v;
		char path[PATH_MAX];

		if (!describe(de->d_name, &k))
			continue;
		snprintf(path, sizeof(path), "%s/%s", kernels, k.name);
		k.size = tree_size(path, 1);
		v = reallocarray(list->v, list->n + 1, sizeof(*v));
		if (!v) {
			err = errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
			continue;
		}
		list->v = v;
		list->v[list->n++] = k;
	}
	closedir(d);
	if (err)
		kernel_entries_free(list);
	else if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), by_version);
	return err;
}

void kernel_entries_free(struct kernel_entries *list)
{
	free(list->v);
	memset(list, 0, sizeof(*list));
}

/* The files of an entry, relative to it, as words behind the first @n of @argv. */
static int files_of(const char *dir, const char **argv, size_t n)
{
	static const char *const folders[] = {"", MODULES "/"};

	for (size_t i = 0; i < 2; i++) {
		char path[PATH_MAX];
		struct dirent *de;
		DIR *d;

		snprintf(path, sizeof(path), "%s/%s", dir, folders[i]);
		d = opendir(path);
		/* A kernel that has all built in needs none. */
		if (!d && i && errno == ENOENT)
			break;
		if (!d)
			return -errno;
		while ((de = readdir(d))) {
			char *name;

			if (de->d_name[0] == '.' || (!i && !strcmp(de->d_name, MODULES)) ||
			    n + 1 >= FILES_MAX)
				continue;
			if (asprintf(&name, "%s%s", folders[i], de->d_name) < 0) {
				closedir(d);
				return -ENOMEM;
			}
			argv[n++] = name;
		}
		closedir(d);
	}
	return 0;
}

int kernel_cache_seal(const char *dir, int sigfd, struct errmsg *e)
{
	const char *argv[FILES_MAX] = {"sha256sum", "--"};
	struct proc_result r = {0};
	char path[PATH_MAX];
	int err = files_of(dir, argv, 2);

	snprintf(path, sizeof(path), "%s/" SUMS, dir);
	if (err) {
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot read %s: %s", dir, strerror(-err));
	} else {
		err = proc_run(argv, "coreutils", dir, sigfd, &r, e);
		if (!err && r.status)
			err = errmsg_set(e, -EIO, EXIT_ENVIRONMENT, "sha256sum in %s: %s", dir,
					 r.why);
	}
	if (!err) {
		err = fs_write_file(path, r.out.data, r.out.len);
		if (err)
			errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot write %s: %s", path,
				   strerror(-err));
	}
	bytes_free(&r.out);
	for (size_t i = 2; i < FILES_MAX; i++)
		free((char *)(uintptr_t)argv[i]);
	return err;
}

int kernel_cache_check(const char *dir, int sigfd, struct errmsg *e)
{
	const char *argv[] = {"sha256sum", "--check", "--strict", "--quiet", SUMS, NULL};
	struct proc_result r;
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/" SUMS, dir);
	if (access(path, R_OK))
		return -ENOENT;
	err = proc_run(argv, "coreutils", dir, sigfd, &r, e);
	if (err)
		return err;
	if (r.status) {
		/* "modules/vfio.ko: FAILED", of the first file that is not what it was. */
		const char *said = r.out.len ? (const char *)r.out.data : r.why;
		size_t len = r.out.len ? r.out.len : strlen(r.why);

		err = errmsg_set(e, -EBADMSG, EXIT_ENVIRONMENT,
				 "%s in the kernel cache is damaged (%.*s)", strrchr(dir, '/') + 1,
				 (int)(len ? strcspn(said, "\n") : 0), said);
	}
	bytes_free(&r.out);
	return err;
}

int kernel_cache_newest(const char *kernels, const struct debian_want *want, int sigfd, char *dir,
			size_t size, struct errmsg *e)
{
	bool any = !strcmp(want->series, "newest");
	struct kernel_entries list;
	int err = -ENOENT;

	if (kernel_cache_list(kernels, &list, NULL))
		return -ENOENT;
	for (size_t i = list.n; i-- && err && err != -EINTR;) {
		const struct kernel_entry *k = &list.v[i];

		if ((!any && strcmp(k->series, want->series) != 0) || k->rt != want->rt ||
		    strcmp(k->arch, want->arch) != 0)
			continue;
		snprintf(dir, size, "%s/%s", kernels, k->name);
		err = kernel_cache_check(dir, sigfd, e);
	}
	kernel_entries_free(&list);
	return err && err != -EINTR ? -ENOENT : err;
}

int kernel_cache_lock(const char *kernels, const char *name, int sigfd, struct errmsg *e)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" LOCK "%s", kernels, name);
	return lockfile_take(path, "fetching this kernel", sigfd, e);
}

void kernel_cache_sweep(const char *kernels)
{
	struct dirent *de;
	DIR *d = opendir(kernels);

	while (d && (de = readdir(d))) {
		char path[PATH_MAX], lock[PATH_MAX];
		int fd;

		if (strncmp(de->d_name, MAKING, strlen(MAKING)) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", kernels, de->d_name);
		snprintf(lock, sizeof(lock), "%s/" LOCK "%s", kernels, de->d_name + strlen(MAKING));
		fd = lockfile_try(lock);
		if (fd < 0)
			continue;
		fs_remove_tree(path);
		close(fd);
	}
	if (d)
		closedir(d);
}

int kernel_cache_remove(const char *kernels, const char *name, struct errmsg *e)
{
	char path[PATH_MAX], gone[PATH_MAX], lock[PATH_MAX];
	int fd, err = 0;

	snprintf(path, sizeof(path), "%s/%s", kernels, name);
	snprintf(gone, sizeof(gone), "%s/" MAKING "%s", kernels, name);
	snprintf(lock, sizeof(lock), "%s/" LOCK "%s", kernels, name);
	fd = lockfile_try(lock);
	if (fd < 0)
		return errmsg_set(e, fd, EXIT_ENVIRONMENT, "cannot remove %s: %s", path,
				  fd == -EWOULDBLOCK ? "another irqstorm is fetching it"
						     : strerror(-fd));
	/* It goes at once, by a rename, so that nobody finds half of it. */
	fs_remove_tree(gone);
	if (rename(path, gone))
		err = -errno;
	if (!err)
		err = fs_remove_tree(gone);
	close(fd);
	return err ? errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot remove %s: %s", path,
				strerror(-err))
		   : 0;
}
