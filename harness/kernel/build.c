/* SPDX-License-Identifier: MIT */
#include "kernel/build.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/fsutil.h"
#include "guest/kernel.h"
#include "guest/kernel_cache.h"
#include "guest/lockfile.h"
#include "kernel/make.h"
#include "kernel/recipe.h"
#include "kernel/source.h"
#include "support/log.h"

#define MADE_OF    "made-of"
#define CONFIGURED ".irqstorm-configured"
#define FINISHED   ".irqstorm-finished"

/* What is being built. */
struct job {
	const struct recipe *recipe;
	struct kernel_source source;
	char objects[PATH_MAX / 2], out[PATH_MAX / 2];
	char made_of[512]; /* the text of the file */
	uint32_t jobs;
	int sigfd;
};

static int write_failed(int err, const char *path, struct errmsg *e)
{
	return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot write %s: %s%s", path, strerror(-err),
			  err == -ENOSPC ? "; free some space" : "");
}

static bool is_there(const char *dir, const char *leaf)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/%s", dir, leaf);
	return !access(path, F_OK);
}

static int touch(const char *dir, const char *leaf, const char *text, struct errmsg *e)
{
	char path[PATH_MAX + 32];
	int err;

	snprintf(path, sizeof(path), "%s/%s", dir, leaf);
	unlink(path);
	err = fs_write_file(path, text, strlen(text));
	return err ? write_failed(err, path, e) : 0;
}

static void drop(const char *dir, const char *leaf)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/%s", dir, leaf);
	unlink(path);
}

/* Is @dir a result of ours? Then what it was made of, else "". */
static void read_made_of(const char *dir, char *text, size_t size)
{
	char path[PATH_MAX];
	size_t n;
	FILE *f;

	*text = '\0';
	snprintf(path, sizeof(path), "%s/" MADE_OF, dir);
	f = fopen(path, "re");
	if (!f)
		return;
	n = fread(text, 1, size - 1, f);
	text[n] = '\0';
	fclose(f);
	if (strncmp(text, "irqstorm kernel build", 21) != 0)
		*text = '\0';
}

/* Nothing of the user's is ever replaced. */
static int check_out(const char *out, struct errmsg *e)
{
	char text[512];
	struct stat st;

	if (lstat(out, &st)) {
		if (errno == ENOENT)
			return 0;
		return errmsg_set(e, -errno, EXIT_USAGE, "-o %s: %s", out, strerror(errno));
	}
	read_made_of(out, text, sizeof(text));
	/* An empty folder is as good as none. */
	if (*text || (S_ISDIR(st.st_mode) && !rmdir(out)))
		return 0;
	return errmsg_set(
		e, -EEXIST, EXIT_USAGE,
		"-o %s: is there, and no kernel that irqstorm has built: name a new folder", out);
}

/* Configure once: a .config that was checked stays. */
static int configure(const struct job *j, const struct kernel_make *make, struct errmsg *e)
{
	struct bytes config = {0}, wanted = {0};
	char path[PATH_MAX];
	int err;

	if (is_there(j->objects, CONFIGURED))
		return 0;
	snprintf(path, sizeof(path), "%s/.config", j->objects);
	err = make_run(make, "tinyconfig", false, j->sigfd, e);
	if (err)
		return err;
	err = bytes_read_file(&config, path);
	if (!err)
		err = recipe_config(j->recipe, &config);
	unlink(path);
	if (!err)
		err = fs_write_file(path, config.data, config.len);
	bytes_free(&config);
	if (err)
		return write_failed(err, path, e);
	err = make_run(make, "olddefconfig", false, j->sigfd, e);
	if (err)
		return err;
	err = bytes_read_file(&wanted, path);
	if (!err)
		err = bytes_append(&wanted, "", 1);
	if (err)
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot read %s: %s", path, strerror(-err));
	else
		err = recipe_check(j->recipe, (const char *)wanted.data, e);
	bytes_free(&wanted);
	return err ? err : touch(j->objects, CONFIGURED, "", e);
}

/* Where it is kept how many objects the last kernel of this recipe had, whatever its source. */
static void total_path(const struct job *j, char path[PATH_MAX])
{
	const char *slash = strrchr(j->objects, '/');

	snprintf(path, PATH_MAX, "%.*s/.total-%s", (int)(slash - j->objects), j->objects,
		 j->recipe->name);
}

static uint32_t known_total(const char *path)
{
	unsigned int total = 0;
	FILE *f = fopen(path, "re");

	if (f && fscanf(f, "%u", &total) != 1)
		total = 0;
	if (f)
		fclose(f);
	return total;
}

static void remember_total(const char *path, uint32_t total)
{
	char text[16];
	FILE *f = fopen(path, "we");

	/* Only a figure of the progress line. */
	snprintf(text, sizeof(text), "%u\n", total);
	if (f) {
		fputs(text, f);
		fclose(f);
	}
}

static int make_image(const struct job *j, struct errmsg *e)
{
	struct kernel_make make = {.source = j->source.dir,
				   .objects = j->objects,
				   .vars = j->recipe->vars,
				   .jobs = j->jobs};
	char path[PATH_MAX];
	bool whole;
	int err;

	err = source_space(j->objects, is_there(j->objects, "vmlinux") ? 50 : j->recipe->space_mb,
			   "a kernel's objects", e);
	if (!err)
		err = configure(j, &make, e);
	if (err)
		return err;
	/* After a finished one it tells what has changed since; after a killed one it goes on. */
	whole = !is_there(j->objects, FINISHED);
	drop(j->objects, FINISHED);
	if (!whole)
		drop(j->objects, "make.out");
	total_path(j, path);
	make.total = whole ? known_total(path) : 0;
	log_note("kernel: making %s %s%s", j->source.id, j->recipe->name,
		 is_there(j->objects, "make.out") && make_objects(j->objects) > 100
			 ? ", from where it was left"
			 : "");
	err = make_run(&make, "bzImage", true, j->sigfd, e);
	if (err)
		return err;
	if (whole)
		remember_total(path, make_objects(j->objects));
	return touch(j->objects, FINISHED, "", e);
}

static int copy(const char *from, const char *dir, const char *leaf, struct errmsg *e)
{
	struct bytes data = {0};
	char path[PATH_MAX];
	int err = bytes_read_file(&data, from);

	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot read %s: %s", from,
				  strerror(-err));
	snprintf(path, sizeof(path), "%s/%s", dir, leaf);
	err = fs_write_file(path, data.data, data.len);
	bytes_free(&data);
	return err ? write_failed(err, path, e) : 0;
}

static int fill(const struct job *j, const char *dir, struct errmsg *e)
{
	char from[PATH_MAX];
	int err;

	snprintf(from, sizeof(from), "%s/arch/x86/boot/bzImage", j->objects);
	err = copy(from, dir, "bzImage", e);
	if (!err) {
		snprintf(from, sizeof(from), "%s/.config", j->objects);
		err = copy(from, dir, "config", e);
	}
	for (size_t i = 0; !err && j->recipe->keep[i]; i++) {
		snprintf(from, sizeof(from), "%s/%s", j->objects, j->recipe->keep[i]);
		err = copy(from, dir, j->recipe->keep[i], e);
	}
	if (!err)
		err = touch(dir, MADE_OF, j->made_of, e);
	return err ? err : kernel_cache_seal(dir, j->sigfd, e);
}

/* Put the result there, whole. */
static int install(const struct job *j, struct errmsg *e)
{
	char new[PATH_MAX], old[PATH_MAX];
	int err;

	snprintf(new, sizeof(new), "%s.new", j->out);
	snprintf(old, sizeof(old), "%s.old", j->out);
	err = fs_remove_tree(new);
	if (!err)
		err = fs_remove_tree(old);
	if (!err)
		err = fs_mkdirs(new);
	if (err)
		return write_failed(err, new, e);
	err = fill(j, new, e);
	if (!err && rename(j->out, old) && errno != ENOENT)
		err = write_failed(-errno, j->out, e);
	if (!err && rename(new, j->out))
		err = write_failed(-errno, j->out, e);
	fs_remove_tree(new);
	fs_remove_tree(old);
	return err;
}

/* Of a package nothing changes: what was made of it is as good as new. */
static bool up_to_date(const struct job *j)
{
	char text[512];
	struct errmsg e;

	if (!j->source.fixed)
		return false;
	read_made_of(j->out, text, sizeof(text));
	return !strcmp(text, j->made_of) && !kernel_cache_check(j->out, j->sigfd, &e);
}

static int prepare(const struct kernel_build *b, struct job *j, struct errmsg *e)
{
	char base[PATH_MAX / 8];
	uint64_t hash = recipe_hash(j->recipe);
	int err = kernel_cache_dir(base, sizeof(base), e);

	if (!err)
		err = source_open(b->source, j->sigfd, &j->source, e);
	if (err)
		return err;
	snprintf(j->objects, sizeof(j->objects), "%s/objects/%s-%s-%08" PRIx32, base, j->source.id,
		 j->recipe->name, (uint32_t)hash);
	if (!b->out)
		snprintf(j->out, sizeof(j->out), "%s/own/%s-%s", base, j->source.id,
			 j->recipe->name);
	else if ((size_t)snprintf(j->out, sizeof(j->out), "%s", b->out) >= sizeof(j->out))
		return errmsg_set(e, -ENAMETOOLONG, EXIT_USAGE, "-o: %.80s... is too long", b->out);
	/* "DIR/" would be DIR/.new */
	while (j->out[0] && j->out[1] && j->out[strlen(j->out) - 1] == '/')
		j->out[strlen(j->out) - 1] = '\0';
	snprintf(j->made_of, sizeof(j->made_of),
		 "irqstorm kernel build\nsource %s\nconfig %s %016" PRIx64 "\n", j->source.id,
		 j->recipe->name, hash);
	err = fs_mkdirs(j->objects);
	return err ? write_failed(err, j->objects, e) : 0;
}

static int build_locked(const struct job *j, struct errmsg *e)
{
	int err;

	if (up_to_date(j)) {
		log_note("kernel: %s %s is built already: nothing to do", j->source.id,
			 j->recipe->name);
		return 0;
	}
	err = make_tools(j->sigfd, e);
	if (!err)
		err = make_image(j, e);
	return err ? err : install(j, e);
}

int kernel_build(const struct kernel_build *b, int sigfd, char *image, size_t size,
		 struct errmsg *e)
{
	struct job j = {.recipe = recipe_find(b->config), .jobs = b->jobs, .sigfd = sigfd};
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	char lock[PATH_MAX];
	int fd, err;

	if (!j.recipe)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "--config %s: want plain, debug or kcov",
				  b->config);
	if (!j.jobs)
		j.jobs = cpus > 0 ? (uint32_t)cpus : 1;
#if !defined(__x86_64__)
	return errmsg_set(e, -EOPNOTSUPP, EXIT_ENVIRONMENT,
			  "kernels of our own are made for x86-64, on such a host alone");
#endif
	err = b->out ? check_out(b->out, e) : 0;
	if (!err)
		err = prepare(b, &j, e);
	if (err)
		return err;
	snprintf(lock, sizeof(lock), "%s.lock", j.objects);
	fd = lockfile_take(lock, "building this kernel", sigfd, e);
	if (fd < 0)
		return fd;
	/*
	 * Compilers of a run that was killed are at work for some time: they keep its lock, and
	 * who comes next waits for them.
	 */
	if (fcntl(fd, F_SETFD, 0))
		err = errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot hold %s: %s", lock,
				 strerror(errno));
	else
		err = build_locked(&j, e);
	close(fd);
	if (!err)
		snprintf(image, size, "%s/bzImage", j.out);
	return err;
}

int kernel_build_list(int sigfd, struct errmsg *e)
{
	char base[PATH_MAX / 8], pattern[PATH_MAX];
	glob_t g = {0};
	int err = kernel_cache_dir(base, sizeof(base), e);

	if (err)
		return err;
	snprintf(pattern, sizeof(pattern), "%s/own/*/" MADE_OF, base);
	if (glob(pattern, 0, NULL, &g))
		g.gl_pathc = 0;
	for (size_t i = 0; i < g.gl_pathc && !err; i++) {
		char *dir = g.gl_pathv[i];
		struct errmsg why;

		*strrchr(dir, '/') = '\0';
		err = kernel_cache_check(dir, sigfd, &why);
		if (!err || err == -EBADMSG || err == -ENOENT) {
			printf("%-22s %s/bzImage  %s\n", "built", dir,
			       err ? "damaged: will be built again" : "ok");
			err = 0;
		} else {
			*e = why;
		}
	}
	globfree(&g);
	return err;
}

/* Is nobody at work on any of objects/? */
static int check_idle(const char *base, struct errmsg *e)
{
	char pattern[PATH_MAX];
	glob_t g = {0};
	int err = 0;

	snprintf(pattern, sizeof(pattern), "%s/objects/*.lock", base);
	if (glob(pattern, 0, NULL, &g))
		g.gl_pathc = 0;
	for (size_t i = 0; i < g.gl_pathc && !err; i++) {
		int fd = lockfile_try(g.gl_pathv[i]);

		if (fd < 0)
			err = errmsg_set(e, fd, EXIT_ENVIRONMENT, "cannot remove %s: %s",
					 g.gl_pathv[i],
					 fd == -EWOULDBLOCK ? "another irqstorm is building it"
							    : strerror(-fd));
		else
			close(fd);
	}
	globfree(&g);
	return err;
}

int kernel_build_clear(const char *base, struct errmsg *e)
{
	static const char *const folders[] = {"own", "objects", "sources"};
	int err = check_idle(base, e);

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && !err; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", base, folders[i]);
		err = fs_remove_tree(path);
		if (err)
			errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot remove %s: %s", path,
				   strerror(-err));
	}
	return err;
}
