/* SPDX-License-Identifier: MIT */
#include "guest/apt_view.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "guest/apt_sources.h"
#include "guest/fsutil.h"
#include "guest/lockfile.h"
#include "guest/proc.h"
#include "support/clock.h"
#include "support/log.h"

#define APT_HELPER "/usr/lib/apt/apt-helper"
#define PACKAGE    "apt (or give --kernel PATH)"
/* Another name for another content: sources were not in it at first. */
#define INDEX      "index2"
/* Lists of which some could not be had are good for so long. */
#define PARTIAL_S  3600L

/* Another mirror has lists of its own, and the two never mix. */
static uint32_t name_hash(uint32_t h, const char *text)
{
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return h;
}

int apt_view_init(struct apt_view *v, const char *base, const char *arch, struct errmsg *e)
{
	const char *mirror = getenv("IRQSTORM_MIRROR"), *list = getenv("IRQSTORM_APT_SOURCES");
	char other[16] = "";
	int n;

	if (mirror || list)
		snprintf(other, sizeof(other), "-%08" PRIx32,
			 name_hash(name_hash(2166136261u, mirror ? mirror : ""), list ? list : ""));
	snprintf(v->arch, sizeof(v->arch), "%s", arch);
	n = snprintf(v->dir, sizeof(v->dir), "%s/apt/%s%s", base, arch, other);
	if (n < 0 || (size_t)n >= sizeof(v->dir))
		return errmsg_set(e, -ENAMETOOLONG, EXIT_ENVIRONMENT,
				  "XDG_CACHE_HOME or HOME is too long");
	/* It goes into a file of apt's, where it stands in quotes. */
	if (strpbrk(v->dir, "\"\\\n"))
		return errmsg_set(e, -EINVAL, EXIT_ENVIRONMENT,
				  "apt cannot use a folder with quotes in its name, %s: set "
				  "XDG_CACHE_HOME",
				  v->dir);
	snprintf(v->conf, sizeof(v->conf), "%s/apt.conf", v->dir);
	return 0;
}

/* Add the kernels of every list that apt has. */
static int read_lists(const struct apt_view *v, int sigfd, struct apt_index *x, struct errmsg *e)
{
	const char *targets[] = {"apt-get",
				 "indextargets",
				 "--format",
				 "$(REPO_URI) $(FILENAME)",
				 "Created-By: Packages",
				 NULL};
	struct proc_job job = {.argv = targets, .package = PACKAGE, .apt = v->conf};
	struct proc_result r, list;
	int err = proc_run_all(&job, 1, NULL, NULL, sigfd, &r, e);
	char *line, *rest;

	if (!err && r.status)
		err = errmsg_set(e, -EIO, EXIT_ENVIRONMENT, "apt-get indextargets: %s", r.why);
	if (!err)
		err = bytes_append(&r.out, "", 1);
	rest = err ? NULL : (char *)r.out.data;
	while (!err && (line = strsep(&rest, "\n"))) {
		char *path = strchr(line, ' ');
		const char *cat[] = {APT_HELPER, "cat-file", path ? path + 1 : "", NULL};

		if (!path || access(path + 1, R_OK))
			continue;
		*path = '\0';
		job.argv = cat;
		err = proc_run_all(&job, 1, NULL, NULL, sigfd, &list, e);
		if (err)
			break;
		err = list.status ? errmsg_set(e, -EIO, EXIT_ENVIRONMENT, "cannot read %s: %s",
					       path + 1, list.why)
				  : apt_index_parse(x, &list.out, line);
		bytes_free(&list.out);
	}
	bytes_free(&r.out);
	return err == -ENOMEM ? errmsg_set(e, err, EXIT_ENVIRONMENT, "out of memory") : err;
}

static int write_index(const struct apt_view *v, const struct apt_index *x, long age_s,
		       struct errmsg *e)
{
	char path[PATH_MAX], tmp[PATH_MAX];
	struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = time(NULL) - age_s}};
	struct bytes text = {0};
	int err = apt_index_print(x, &text);

	snprintf(path, sizeof(path), "%s/" INDEX, v->dir);
	snprintf(tmp, sizeof(tmp), "%s/" INDEX ".new", v->dir);
	unlink(tmp);
	if (!err)
		err = fs_write_file(tmp, text.data, text.len);
	if (!err && (utimensat(AT_FDCWD, tmp, times, 0) || rename(tmp, path)))
		err = -errno;
	if (err) {
		unlink(tmp);
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot write %s: %s", path, strerror(-err));
	}
	bytes_free(&text);
	return err;
}

static int read_index(const struct apt_view *v, struct apt_index *x)
{
	char path[PATH_MAX];
	struct bytes text = {0};
	int err;

	snprintf(path, sizeof(path), "%s/" INDEX, v->dir);
	err = bytes_read_file(&text, path);
	if (!err)
		err = apt_index_parse(x, &text, NULL);
	bytes_free(&text);
	return err ? err : x->n ? 0 : -ENOENT;
}

/* Have apt fetch what has changed. @why: what it says when not all could be had. */
static int update(const struct apt_view *v, int sigfd, char why[256], struct errmsg *e)
{
	const char *argv[] = {"apt-get", "-q", "update", "-oAPT::Update::Error-Mode=any", NULL};
	struct proc_job job = {.argv = argv, .package = PACKAGE, .apt = v->conf};
	struct proc_result r;
	int err = apt_sources_write(v->dir, v->arch, sigfd, e);

	why[0] = '\0';
	if (err)
		return err;
	log_note("guest: fetching the lists of Debian's packages for %s (30 MB at most)", v->arch);
	err = proc_run_all(&job, 1, NULL, NULL, sigfd, &r, e);
	if (err)
		return err;
	bytes_free(&r.out);
	if (r.status)
		snprintf(why, 256, "%s", r.why[0] ? r.why : "it does not say why");
	return 0;
}

static int refresh(const struct apt_view *v, long max_age_s, int sigfd, struct apt_index *x,
		   struct errmsg *e)
{
	char why[256];
	int err = update(v, sigfd, why, e);

	if (!err)
		err = read_lists(v, sigfd, x, e);
	if (err)
		return err;
	if (!x->n)
		return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
				  "apt cannot get the lists of Debian's packages: %s (is there a "
				  "network? IRQSTORM_MIRROR=URI names another mirror)",
				  why[0] ? why : "they have no kernel");
	if (why[0])
		log_note("guest: apt could not get all lists, and goes on with what there is: %s",
			 why);
	return write_index(v, x, why[0] && max_age_s > PARTIAL_S ? max_age_s - PARTIAL_S : 0, e);
}

/* Seconds since the index was written; -1 when there is none, or its time is to come. */
static long index_age(const struct apt_view *v)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/" INDEX, v->dir);
	return stat(path, &st) ? -1 : (long)(time(NULL) - st.st_mtime);
}

static bool recent(const struct apt_view *v, long max_age_s)
{
	long age = index_age(v);

	return age >= 0 && age <= max_age_s;
}

int apt_view_index(const struct apt_view *v, long max_age_s, int sigfd, struct apt_index *x,
		   bool *fresh, struct errmsg *e)
{
	char path[PATH_MAX];
	int fd, err;

	*fresh = false;
	memset(x, 0, sizeof(*x));
	if (recent(v, max_age_s) && !read_index(v, x))
		return 0;
	apt_index_free(x);
	err = fs_mkdirs(v->dir);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT,
				  "cannot write to the kernel cache %s: %s; set XDG_CACHE_HOME",
				  v->dir, strerror(-err));
	snprintf(path, sizeof(path), "%s/.lock", v->dir);
	fd = lockfile_take(path, "fetching package lists", sigfd, e);
	if (fd < 0)
		return fd;
	/* Who had the lock may have done it. */
	if (recent(v, max_age_s) && !read_index(v, x)) {
		*fresh = true;
		close(fd);
		return 0;
	}
	apt_index_free(x);
	err = refresh(v, max_age_s, sigfd, x, e);
	*fresh = !err;
	if (err && err != -EINTR) {
		apt_index_free(x);
		if (!read_index(v, x)) {
			log_note("guest: %s; going on with what was known", e->text);
			err = 0;
		}
	}
	if (err)
		apt_index_free(x);
	close(fd);
	return err;
}

/* What the progress line is about. */
struct fetching {
	const struct apt_package *const *parts;
	const char *dir;
	uint64_t total;
	int n;
	struct progress progress;
};

static void tick(void *arg)
{
	struct fetching *f = arg;
	uint64_t now = clock_ns(), have = 0;

	if (!progress_due(&f->progress, now))
		return;
	for (int i = 0; i < f->n; i++) {
		char path[PATH_MAX];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%d.deb", f->dir, i);
		have += stat(path, &st) ? 0 : (uint64_t)st.st_size;
	}
	progress_show(&f->progress, now, "guest: %" PRIu64 " of %" PRIu64 " MB fetched",
		      have / 1000000, f->total / 1000000);
}

/* Whoever gave us the .deb, it has the length that the signed list says. */
static int check_size(const struct apt_package *pkg, const char *path, struct errmsg *e)
{
	struct stat st;

	if (stat(path, &st))
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "apt left no %s: %s", path,
				  strerror(errno));
	if ((uint64_t)st.st_size != pkg->size)
		return errmsg_set(e, -EBADMSG, EXIT_ENVIRONMENT,
				  "the download of %s is broken: %" PRIu64 " bytes of %" PRIu64
				  "; try again",
				  pkg->name, (uint64_t)st.st_size, pkg->size);
	return 0;
}

int apt_view_fetch(const struct apt_view *v, const struct apt_package *const *parts, int n,
		   const char *dir, int sigfd, struct errmsg *e)
{
	struct fetching f = {.parts = parts, .dir = dir, .n = n};
	const char *argv[APT_PARTS_MAX][6];
	char path[APT_PARTS_MAX][PATH_MAX], hash[APT_PARTS_MAX][80];
	struct proc_job jobs[APT_PARTS_MAX];
	struct proc_result r[APT_PARTS_MAX];
	int err;

	for (int i = 0; i < n; i++) {
		const char *words[6] = {APT_HELPER, "download-file", parts[i]->uri,
					path[i],    hash[i],         NULL};

		snprintf(path[i], sizeof(path[i]), "%s/%d.deb", dir, i);
		snprintf(hash[i], sizeof(hash[i]), "SHA256:%s", parts[i]->sha256);
		memcpy(argv[i], words, sizeof(words));
		jobs[i] = (struct proc_job){.argv = argv[i], .package = PACKAGE, .apt = v->conf};
		f.total += parts[i]->size;
	}
	log_note("guest: fetching %s %s (%" PRIu64 " MB%s, once)", parts[0]->name,
		 parts[0]->version, f.total / 1000000, n > 1 ? " in several packages" : "");
	progress_init(&f.progress, false);
	err = proc_run_all(jobs, (size_t)n, tick, &f, sigfd, r, e);
	progress_done(&f.progress);
	for (int i = 0; i < n && !err; i++)
		bytes_free(&r[i].out);
	for (int i = 0; i < n && !err; i++) {
		if (r[i].status)
			err = errmsg_set(e, -EIO, EXIT_ENVIRONMENT, "cannot download %s: %s",
					 parts[i]->name,
					 r[i].why[0] ? r[i].why : "apt does not say why");
		else
			err = check_size(parts[i], path[i], e);
	}
	return err;
}

int apt_view_clear(const char *base, struct errmsg *e)
{
	char pattern[PATH_MAX], path[PATH_MAX + 8];
	glob_t g = {0};
	int err = 0;

	snprintf(pattern, sizeof(pattern), "%s/apt/*", base);
	if (glob(pattern, 0, NULL, &g))
		g.gl_pathc = 0;
	for (size_t i = 0; i < g.gl_pathc && !err; i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/.lock", g.gl_pathv[i]);
		fd = lockfile_try(path);
		err = fd < 0 ? fd : fs_remove_tree(g.gl_pathv[i]);
		if (fd >= 0)
			close(fd);
		if (err)
			errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot remove %s: %s", g.gl_pathv[i],
				   err == -EWOULDBLOCK
					   ? "another irqstorm is fetching package lists"
					   : strerror(-err));
	}
	globfree(&g);
	snprintf(path, sizeof(path), "%s/apt", base);
	rmdir(path);
	return err;
}
