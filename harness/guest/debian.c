/* SPDX-License-Identifier: MIT */
#include "guest/debian.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest/apt_view.h"
#include "guest/debian_unpack.h"
#include "guest/fsutil.h"
#include "guest/kernel.h"
#include "guest/kernel_cache.h"
#include "guest/proc.h"
#include "support/log.h"

/* Debian's names of the architectures that kernels can be fetched for. */
static const char *const arches[] = {"amd64", "arm64"};

/* Lists of which nobody expects that they have changed since. */
#define JUST_NOW_S 600L

#define N_ARCHES (sizeof(arches) / sizeof(arches[0]))

static bool series_ok(const char *s)
{
	char series[APT_SERIES_MAX];

	return !strcmp(s, "newest") || (apt_release_series(s, series) && !strcmp(s, series));
}

/* Take "-rt" off the end of @word. */
static bool take_rt(char *word)
{
	size_t len = strlen(word);

	if (len <= 3 || strcmp(word + len - 3, "-rt") != 0)
		return false;
	word[len - 3] = '\0';
	return true;
}

int debian_want_parse(const char *text, struct debian_want *want, struct errmsg *e)
{
	char series[64], *arch;

	memset(want, 0, sizeof(*want));
	snprintf(series, sizeof(series), "%s", text);
	arch = strchr(series, '/');
	if (arch)
		*arch++ = '\0';
	want->rt = take_rt(series) || (arch && take_rt(arch));
	if (strlen(text) >= sizeof(series) || !series_ok(series) || (arch && !*arch))
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "--kernel debian:%s: want a series like debian:6.12, debian:6.1, "
				  "debian:6.12-rt, debian:6.12/arm64, or debian:newest",
				  text);
	strcpy(want->series, series);
	for (size_t i = 0; i < N_ARCHES; i++) {
		if (!strcmp(arch ? arch : arches[0], arches[i])) {
			strcpy(want->arch, arches[i]);
			return 0;
		}
	}
	return errmsg_set(e, -EINVAL, EXIT_USAGE,
			  "--kernel debian:%s: there are no guests of %s, but of amd64 and arm64",
			  text, arch);
}

const char *debian_want_text(const struct debian_want *want, char *buf, size_t size)
{
	bool other = strcmp(want->arch, arches[0]) != 0;

	snprintf(buf, size, "debian:%s%s%s%s", want->series, want->rt ? "-rt" : "",
		 other ? "/" : "", other ? want->arch : "");
	return buf;
}

/* What is asked for, and what of Debian's lists is known. */
struct search {
	const struct debian_want *want;
	struct apt_view view;
	struct apt_index index;
	const struct apt_package *parts[APT_PARTS_MAX];
	int n;      /* parts; the first is the image's package */
	bool fresh; /* the lists were fetched just now */
	int sigfd;
};

static int not_to_be_had(const struct search *s, struct errmsg *e)
{
	char text[64], series[400];

	return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT, "%s is not to be had; there is %s%s",
			  debian_want_text(s->want, text, sizeof(text)),
			  apt_index_series(&s->index, s->want, series, sizeof(series)),
			  s->want->rt ? " with -rt" : "");
}

/* Find the packages, in lists that are not older than @max_age_s. */
static int look(struct search *s, long max_age_s, struct errmsg *e)
{
	const struct apt_package *image;
	char missing[APT_NAME_MAX];
	int err;

	apt_index_free(&s->index);
	err = apt_view_index(&s->view, max_age_s, s->sigfd, &s->index, &s->fresh, e);
	if (err)
		return err;
	image = apt_index_newest(&s->index, s->want);
	if (!image)
		return not_to_be_had(s, e);
	s->n = apt_index_parts(&s->index, image, s->parts, missing);
	if (s->n < 0)
		return errmsg_set(e, s->n, EXIT_ENVIRONMENT,
				  "Debian's lists have %s, but no %s that it needs; try again "
				  "later",
				  image->name, missing);
	return 0;
}

static int resolve(struct search *s, long max_age_s, struct errmsg *e)
{
	int err = look(s, max_age_s, e);

	/* A series that came out since. */
	if (err == -ENOENT && s->index.n && !s->fresh)
		err = look(s, max_age_s < DEBIAN_HOUR_S ? max_age_s : DEBIAN_HOUR_S, e);
	return err;
}

static int write_failed(int err, const char *path, struct errmsg *e)
{
	return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot write %s: %s%s", path, strerror(-err),
			  err == -ENOSPC ? "; free some space or set XDG_CACHE_HOME" : "");
}

/* What it was made of, for who wants to know; SHA256SUMS covers it. */
static int write_parts(const struct search *s, const char *dir, struct errmsg *e)
{
	struct apt_index parts = {0};
	struct apt_package list[APT_PARTS_MAX];
	struct bytes text = {0};
	char path[PATH_MAX + 16];
	int err;

	for (int i = 0; i < s->n; i++)
		list[i] = *s->parts[i];
	parts.v = list;
	parts.n = (size_t)s->n;
	snprintf(path, sizeof(path), "%s/packages", dir);
	err = apt_index_print(&parts, &text);
	if (!err)
		err = fs_write_file(path, text.data, text.len);
	bytes_free(&text);
	return err ? write_failed(err, path, e) : 0;
}

/* What is wanted behind the download is looked for before it. */
static int can_unpack(struct errmsg *e)
{
	static const struct {
		const char *program, *package;
	} wanted[] = {{"apt-get", "apt"}, {"dpkg-deb", "dpkg"}, {"xz", "xz-utils"}};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (proc_find(wanted[i].program, path, sizeof(path)))
			return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
					  "%s not found, and a kernel of Debian is not unpacked "
					  "without it: apt-get install %s, or give --kernel PATH",
					  wanted[i].program, wanted[i].package);
	}
	return 0;
}

static int make_entry(const struct search *s, const char *tmp, const char *new, struct errmsg *e)
{
	char root[PATH_MAX];
	int err;

	snprintf(root, sizeof(root), "%s/root", tmp);
	err = can_unpack(e);
	if (err)
		return err;
	err = fs_mkdirs(root);
	if (!err)
		err = fs_mkdirs(new);
	if (err)
		return write_failed(err, tmp, e);
	err = apt_view_fetch(&s->view, s->parts, s->n, tmp, s->sigfd, e);
	for (int i = 0; !err && i < s->n; i++) {
		char deb[PATH_MAX];

		snprintf(deb, sizeof(deb), "%s/%d.deb", tmp, i);
		err = debian_unpack(s->parts[i]->name, deb, root, s->sigfd, e);
	}
	if (!err)
		err = debian_keep(s->want, s->parts[0]->name, root, new, s->sigfd, e);
	if (!err)
		err = write_parts(s, new, e);
	return err ? err : kernel_cache_seal(new, s->sigfd, e);
}

/* Make the entry @dir anew; the caller holds its lock. */
static int fetch(const struct search *s, const char *kernels, const char *dir, struct errmsg *e)
{
	const char *name = strrchr(dir, '/') + 1;
	char tmp[PATH_MAX - 64], new[PATH_MAX], old[PATH_MAX];
	int err;

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s/.fetch-%s", kernels, name) >= sizeof(tmp))
		return write_failed(-ENAMETOOLONG, kernels, e);
	snprintf(new, sizeof(new), "%s/new", tmp);
	snprintf(old, sizeof(old), "%s/old", tmp);
	err = fs_remove_tree(tmp);
	if (err)
		return write_failed(err, tmp, e);
	err = make_entry(s, tmp, new, e);
	/* A damaged one, or one without sums, makes room. */
	if (!err && rename(dir, old) && errno != ENOENT)
		err = write_failed(-errno, dir, e);
	if (!err && rename(new, dir))
		err = write_failed(-errno, dir, e);
	fs_remove_tree(tmp);
	return err;
}

/* Have the kernel of @s in the cache, at @dir. */
static int provide(const struct search *s, const char *kernels, char *dir, size_t size,
		   struct errmsg *e)
{
	char name[2 * APT_NAME_MAX + 2];
	int fd, err;

	snprintf(name, sizeof(name), "%s_%s", s->parts[0]->name, s->parts[0]->version);
	if ((size_t)snprintf(dir, size, "%s/%s", kernels, name) >= size)
		return write_failed(-ENAMETOOLONG, kernels, e);
	err = kernel_cache_check(dir, s->sigfd, e);
	if (err != -ENOENT && err != -EBADMSG)
		return err;
	fd = kernel_cache_lock(kernels, name, s->sigfd, e);
	if (fd < 0)
		return fd;
	/* Who had the lock may have made it. */
	err = kernel_cache_check(dir, s->sigfd, e);
	if (err == -EBADMSG)
		log_note("guest: %s and is fetched again", e->text);
	if (err == -ENOENT || err == -EBADMSG)
		err = fetch(s, kernels, dir, e);
	close(fd);
	return err;
}

int debian_kernel(const struct debian_want *want, long max_age_s, int sigfd, char *dir, size_t size,
		  struct errmsg *e)
{
	struct search s = {.want = want, .sigfd = sigfd};
	char base[PATH_MAX / 4], kernels[PATH_MAX / 2];
	struct errmsg other;
	int err = kernel_cache_dir(base, sizeof(base), e);

	if (!err)
		err = kernel_cache_open(kernels, sizeof(kernels), e);
	if (!err)
		err = apt_view_init(&s.view, base, want->arch, e);
	if (err)
		return err;
	kernel_cache_sweep(kernels);
	err = resolve(&s, max_age_s, e);
	if (!err) {
		err = provide(&s, kernels, dir, size, e);
		/* Debian keeps no package for long that a newer one has followed. */
		if (err == -EIO && !s.fresh && !look(&s, JUST_NOW_S, &other) && s.fresh)
			err = provide(&s, kernels, dir, size, e);
	}
	apt_index_free(&s.index);
	if (!err || err == -EINTR || e->exit == EXIT_USAGE)
		return err;
	if (kernel_cache_newest(kernels, want, sigfd, dir, size, &other))
		return err;
	log_note("guest: %s; using %s from the cache", e->text, strrchr(dir, '/') + 1);
	return 0;
}

static void print_series(const struct search *s, char *names)
{
	struct debian_want want = *s->want;
	char *rest = names, *one;

	while ((one = strsep(&rest, ", "))) {
		const struct apt_package *p;
		char text[64];

		if (!isdigit((unsigned char)*one))
			continue;
		snprintf(want.series, sizeof(want.series), "%.15s", one);
		p = apt_index_newest(&s->index, &want);
		if (p)
			printf("%-22s %s %s\n", debian_want_text(&want, text, sizeof(text)),
			       p->name, p->version);
	}
}

int debian_print_available(const char *arch, int sigfd, struct errmsg *e)
{
	struct debian_want want = {.series = "newest"};
	struct search s = {.want = &want, .sigfd = sigfd};
	char base[PATH_MAX / 4], names[400];
	int err = kernel_cache_dir(base, sizeof(base), e);

	snprintf(want.arch, sizeof(want.arch), "%s", arch);
	if (!err)
		err = apt_view_init(&s.view, base, arch, e);
	if (!err)
		err = apt_view_index(&s.view, DEBIAN_HOUR_S, sigfd, &s.index, &s.fresh, e);
	for (int rt = 0; !err && rt < 2; rt++) {
		want.rt = rt;
		apt_index_series(&s.index, &want, names, sizeof(names));
		print_series(&s, names);
	}
	apt_index_free(&s.index);
	return err;
}
