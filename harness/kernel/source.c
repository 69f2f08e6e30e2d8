/* SPDX-License-Identifier: MIT */
#include "kernel/source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "guest/apt_view.h"
#include "guest/debian.h"
#include "guest/debian_unpack.h"
#include "guest/fsutil.h"
#include "guest/kernel.h"
#include "guest/lockfile.h"
#include "guest/proc.h"
#include "support/digest.h"
#include "support/log.h"

/* The package, the archive in it, and the tree, all there at one time. */
#define UNPACK_MB 2400u

int source_space(const char *path, uint32_t mb, const char *what, struct errmsg *e)
{
	struct statvfs st;
	uint64_t have;

	/* What cannot be asked is found out by who writes. */
	if (statvfs(path, &st))
		return 0;
	have = (uint64_t)st.f_bavail * st.f_frsize / 1000000;
	if (have >= mb)
		return 0;
	return errmsg_set(e, -ENOSPC, EXIT_ENVIRONMENT,
			  "no space for %s: %s has %" PRIu64
			  " MB free, it takes %u; free some, or set XDG_CACHE_HOME",
			  what, path, have, mb);
}

static int open_folder(const char *text, struct kernel_source *s, struct errmsg *e)
{
	static const char *const must[] = {"Makefile", "Kconfig", "scripts/kconfig/Makefile",
					   "drivers/vfio/Kconfig"};
	char real[PATH_MAX], path[PATH_MAX + 64];
	uint64_t h = DIGEST_START;

	if (!realpath(text, real))
		return errmsg_set(e, -errno, EXIT_USAGE,
				  "--source %s: %s; want debian:SERIES or the folder of a kernel's "
				  "source",
				  text, strerror(errno));
	for (size_t i = 0; i < sizeof(must) / sizeof(must[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", real, must[i]);
		if (access(path, R_OK))
			return errmsg_set(e, -ENOENT, EXIT_USAGE,
					  "--source %s: no source of a kernel: it has no %s", text,
					  must[i]);
	}
	/* make splits its words there, and takes a colon for the end of a target. */
	if (strpbrk(real, " \t:") || strlen(real) >= sizeof(s->dir))
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "--source %s: kernels cannot be made in a folder with blanks or "
				  "colons in its name, or a very long one",
				  real);
	strcpy(s->dir, real);
	for (const char *p = real; *p; p++)
		h = digest_add(h, (unsigned char)*p);
	snprintf(s->id, sizeof(s->id), "%.60s-%08" PRIx32, strrchr(real, '/') + 1, (uint32_t)h);
	s->fixed = false;
	return 0;
}

/* Find the package in the lists; the index belongs to the caller. */
static int find_package(const struct debian_want *want, int sigfd, struct apt_view *v,
			struct apt_index *x, const struct apt_package **pkg, struct errmsg *e)
{
	long max_age_s = DEBIAN_WEEK_S;
	bool fresh = false;
	char list[300];

	for (int again = 0; again < 2; again++) {
		int err = apt_view_index(v, max_age_s, sigfd, x, &fresh, e);

		if (err)
			return err;
		*pkg = apt_index_source(x, want->series);
		if (*pkg || fresh || again)
			break;
		/* A series that came out since. */
		apt_index_free(x);
		max_age_s = DEBIAN_HOUR_S;
	}
	if (*pkg)
		return 0;
	return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
			  "--source debian:%s: Debian has no source of it (linux-source-%s); there "
			  "is %s",
			  want->series, want->series, apt_index_sources(x, list, sizeof(list)));
}

static int unpack_tar(const char *tar, const char *into, int sigfd, struct errmsg *e)
{
	const char *argv[] = {"tar", "-xJf", tar, "-C", into, "--strip-components=1", NULL};
	struct proc_result r;
	int err = proc_run(argv, "tar", NULL, sigfd, &r, e);

	if (err)
		return err;
	bytes_free(&r.out);
	if (!r.status)
		return 0;
	return errmsg_set(e, -EIO, EXIT_ENVIRONMENT, "cannot unpack %s: %s%s", tar,
			  r.why[0] ? r.why : "tar does not say why",
			  strstr(r.why, strerror(ENOSPC)) ? "; free 2.4 GB or set XDG_CACHE_HOME"
							  : "");
}

/* From the package to @tmp/tree; the caller has its lock. */
static int make_tree(const struct apt_view *v, const struct apt_package *pkg, const char *tmp,
		     int sigfd, struct errmsg *e)
{
	char root[PATH_MAX], path[PATH_MAX + 2 * APT_NAME_MAX], tree[PATH_MAX], deb[PATH_MAX];
	int err;

	snprintf(root, sizeof(root), "%s/root", tmp);
	snprintf(tree, sizeof(tree), "%s/tree", tmp);
	snprintf(deb, sizeof(deb), "%s/0.deb", tmp);
	err = fs_mkdirs(root);
	if (!err)
		err = fs_mkdirs(tree);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot write %s: %s", tmp,
				  strerror(-err));
	err = source_space(tmp, UNPACK_MB, pkg->name, e);
	if (!err)
		err = apt_view_fetch(v, &pkg, 1, tmp, sigfd, e);
	if (!err)
		err = debian_unpack(pkg->name, deb, root, sigfd, e);
	if (err)
		return err;
	unlink(deb);
	snprintf(path, sizeof(path), "%s/usr/src/%s.tar.xz", root, pkg->name);
	if (access(path, R_OK))
		return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT, "%s holds no usr/src/%s.tar.xz",
				  pkg->name, pkg->name);
	log_note("kernel: unpacking %s %s (1.9 GB, once)", pkg->name, pkg->version);
	return unpack_tar(path, tree, sigfd, e);
}

static int provide(const struct apt_view *v, const struct apt_package *pkg, const char *sources,
		   struct kernel_source *s, int sigfd, struct errmsg *e)
{
	char lock[PATH_MAX], tmp[PATH_MAX - 64], tree[PATH_MAX];
	int fd, err = 0;

	snprintf(lock, sizeof(lock), "%s/.lock-%s", sources, s->id);
	snprintf(tmp, sizeof(tmp), "%s/.fetch-%s", sources, s->id);
	snprintf(tree, sizeof(tree), "%s/tree", tmp);
	fd = lockfile_take(lock, "unpacking this source", sigfd, e);
	if (fd < 0)
		return fd;
	/* Who had the lock may have made it. */
	if (!fs_is_folder(s->dir)) {
		fs_remove_tree(tmp);
		err = make_tree(v, pkg, tmp, sigfd, e);
		if (!err && rename(tree, s->dir))
			err = errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot write %s: %s", s->dir,
					 strerror(errno));
		fs_remove_tree(tmp);
	}
	close(fd);
	return err;
}

static int open_debian(const char *series, int sigfd, struct kernel_source *s, struct errmsg *e)
{
	char base[PATH_MAX / 8], sources[PATH_MAX / 4];
	const struct apt_package *pkg = NULL;
	struct apt_index index = {0};
	struct debian_want want;
	struct apt_view view;
	struct errmsg ignored;
	int err;

	if (debian_want_parse(series, &want, &ignored) || want.rt || strcmp(want.arch, "amd64"))
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "--source debian:%s: want a series like debian:7.3, or "
				  "debian:newest",
				  series);
	err = kernel_cache_dir(base, sizeof(base), e);
	if (err)
		return err;
	snprintf(sources, sizeof(sources), "%s/sources", base);
	err = fs_mkdirs(sources);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT,
				  "cannot write to the kernel cache %s: %s; set XDG_CACHE_HOME",
				  sources, strerror(-err));
	err = apt_view_init(&view, base, want.arch, e);
	if (!err)
		err = find_package(&want, sigfd, &view, &index, &pkg, e);
	if (!err) {
		snprintf(s->id, sizeof(s->id), "%.60s_%.60s", pkg->name, pkg->version);
		snprintf(s->dir, sizeof(s->dir), "%s/%s", sources, s->id);
		s->fixed = true;
		err = provide(&view, pkg, sources, s, sigfd, e);
	}
	apt_index_free(&index);
	return err;
}

int source_open(const char *text, int sigfd, struct kernel_source *s, struct errmsg *e)
{
	memset(s, 0, sizeof(*s));
	if (!strncmp(text, "debian:", 7))
		return open_debian(text + 7, sigfd, s, e);
	return open_folder(text, s, e);
}
