/* SPDX-License-Identifier: MIT */
#include "campaign/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "campaign/child.h"
#include "campaign/corpus.h"
#include "guest/fsutil.h"
#include "support/clock.h"

#define ROOM_MIN (256u << 10)

static int fail(struct errmsg *e, int err, const char *what, const char *path)
{
	return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot %s %s: %s", what, path, strerror(-err));
}

static void below(char path[PATH_MAX], const struct store *s, const char *name)
{
	snprintf(path, PATH_MAX, "%s/%s", s->root, name);
}

/* flock() goes with the process: nothing of it is left by one that was killed. */
static int take_lock(struct store *s, struct errmsg *e)
{
	char path[PATH_MAX], pid[16] = "?";
	ssize_t n;
	int err;

	below(path, s, "lock");
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (s->lock_fd < 0) {
		err = -errno;
		return fail(e, err, "write", path);
	}
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB)) {
		n = read(s->lock_fd, pid, sizeof(pid) - 1);
		pid[n > 0 ? n : 0] = '\0';
		pid[strcspn(pid, "\n")] = '\0';
		return errmsg_set(e, -EBUSY, EXIT_ENVIRONMENT,
				  "%s belongs to a campaign that is running (process %s): end that "
				  "one or give another --out",
				  s->root, pid);
	}
	if (ftruncate(s->lock_fd, 0) || dprintf(s->lock_fd, "%d\n", (int)getpid()) < 0) {
		err = -errno;
		return fail(e, err, "write", path);
	}
	return 0;
}

int store_open(struct store *s, const char *dir, struct errmsg *e)
{
	char absolute[PATH_MAX];
	int err;

	memset(s, 0, sizeof(*s));
	s->lock_fd = -1;
	err = fs_mkdirs(dir);
	if (err)
		return fail(e, err, "make the folder", dir);
	if (!realpath(dir, absolute)) {
		err = -errno;
		return fail(e, err, "find", dir);
	}
	/* Names below it must fit, those that engines make included. */
	if (strlen(absolute) + 256 > sizeof(s->root))
		return fail(e, -ENAMETOOLONG, "use", dir);
	strcpy(s->root, absolute);
	below(s->corpus, s, "corpus");
	below(s->findings, s, "findings");
	below(s->engine, s, "engine");
	below(s->state, s, "campaign.json");
	err = take_lock(s, e);
	if (!err && mkdir(s->findings, 0777) && errno != EEXIST) {
		err = -errno;
		fail(e, err, "make the folder", s->findings);
	}
	if (err)
		store_close(s);
	return err;
}

void store_close(struct store *s)
{
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	s->lock_fd = -1;
}

/* Engines of a session that was killed end a moment later, and write until then. */
static int remove_tree(const char *path, struct errmsg *e)
{
	int err = fs_remove_tree(path);

	for (int i = 0; err && i < 20; i++) {
		clock_sleep_until(clock_ns() + 100 * NSEC_PER_MSEC);
		err = fs_remove_tree(path);
	}

	return err ? fail(e, err, "remove", path) : 0;
}

int store_has_room(const struct store *s, struct errmsg *e)
{
	struct statvfs at;

	if (statvfs(s->root, &at) || (uint64_t)at.f_bavail * at.f_frsize >= ROOM_MIN)
		return 0;
	return errmsg_set(e, -ENOSPC, EXIT_ENVIRONMENT,
			  "cannot go on in %s: %s (less than %u KiB are free): make room, then "
			  "give the same command again",
			  s->root, strerror(ENOSPC), ROOM_MIN >> 10);
}

/* A merge makes corpus.new, renames corpus to corpus.old and that to corpus, and removes .old. */
static int undo_merge(struct store *s, struct errmsg *e)
{
	char fresh[PATH_MAX], old[PATH_MAX];
	int err;

	below(fresh, s, "corpus.new");
	below(old, s, "corpus.old");
	if (access(s->corpus, F_OK) && !rename(old, s->corpus))
		err = 0;
	else
		err = remove_tree(old, e);
	if (!err)
		err = remove_tree(fresh, e);
	if (!err && mkdir(s->corpus, 0777) && errno != EEXIST) {
		err = -errno;
		fail(e, err, "make the folder", s->corpus);
	}
	return err;
}

struct filing {
	const struct finding_context *c;
	struct campaign_state *state;
	struct errmsg *e;
	const char *corpus;
	const char *from; /* the inputs' folder */
	bool check;
	uint64_t added;
};

static bool is_crash(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	static const char *const prefixes[] = {"crash-", "timeout-", "oom-", "leak-"};

	if (!strncmp(name, "id:", 3))
		return strstr(path, "/crashes") != NULL;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	}
	return false;
}

static int file_input(struct filing *f, const char *path, bool sure)
{
	struct replay_verdict v;
	int ret = replay_input(f->c->paths->target, path, NULL, f->c->timeout_s, &v, f->e);

	if (!ret && (v.shown || sure))
		ret = findings_add(f->c, f->state, path, &v, f->state->execs, f->state->seconds,
				   f->e);
	else if (!ret)
		ret = -ENOENT;
	replay_free(&v);
	return ret;
}

static int file_leftover(void *data, const char *path)
{
	int ret;

	if (!is_crash(path))
		return 0;
	ret = file_input(data, path, true);
	return ret < 0 ? ret : 0;
}

int store_recover(struct store *s, const struct finding_context *c, struct campaign_state *state,
		  struct errmsg *e)
{
	struct filing f = {.c = c, .state = state, .e = e};
	int err = undo_merge(s, e);

	if (!err && !access(s->engine, F_OK)) {
		err = store_take_queues(s, e);
		if (!err)
			err = corpus_walk(s->engine, true, file_leftover, &f);
		/* What was found must be on record before its input goes. */
		if (!err)
			err = state_save(s->state, state, e);
		if (!err)
			err = remove_tree(s->engine, e);
	}
	if (!err && mkdir(s->engine, 0777)) {
		err = -errno;
		fail(e, err, "make the folder", s->engine);
	}
	return err;
}

int store_take_queues(struct store *s, struct errmsg *e)
{
	char dir[PATH_MAX];
	int err = 0;

	for (int i = 0; !err; i++) {
		struct corpus_import n;

		if (snprintf(dir, sizeof(dir), "%s/%d/queue", s->engine, i) >= (int)sizeof(dir) ||
		    access(dir, F_OK))
			break;
		err = corpus_import(s->corpus, dir, false, &n, e);
	}
	return err;
}

/* Read as an input is by its target, before an engine gets it. */
static int add_seed(void *data, const char *path)
{
	struct filing *f = data;
	int ret = f->check ? file_input(f, path, false) : -ENOENT;

	if (ret != -ENOENT)
		return ret < 0 ? ret : 0;
	ret = corpus_import_file(f->corpus, path, f->e);
	if (!ret)
		f->added++;
	return ret < 0 ? ret : 0;
}

int store_add_seeds(struct store *s, const char *from, bool check, const struct finding_context *c,
		    struct campaign_state *state, uint64_t *added, struct errmsg *e)
{
	struct filing f = {.c = c, .state = state, .e = e, .corpus = s->corpus, .check = check};
	struct corpus_import n;
	char fresh[PATH_MAX];
	int err;

	*added = 0;
	if (!check) {
		err = corpus_import(s->corpus, from, true, &n, e);
		*added = n.added;
		return err;
	}
	below(fresh, s, "engine/seeds");
	if (mkdir(fresh, 0777)) {
		err = -errno;
		return fail(e, err, "make the folder", fresh);
	}
	err = corpus_import(fresh, from, true, &n, e);
	if (!err)
		err = corpus_walk(fresh, false, add_seed, &f);
	*added = f.added;
	return err ? err : remove_tree(fresh, e);
}

static bool stop_waits(void)
{
	sigset_t pending;

	return !sigpending(&pending) &&
	       (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
}

/* True when it ended with 0 in time. */
static bool wait_for(pid_t pid, uint64_t deadline)
{
	int status = 0;

	for (;;) {
		pid_t got = waitpid(pid, &status, WNOHANG);

		if (got == pid)
			return WIFEXITED(status) && !WEXITSTATUS(status);
		if (got < 0 && errno != EINTR)
			return false;
		if (clock_ns() >= deadline || stop_waits()) {
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
			return false;
		}
		clock_sleep_until(clock_ns() + 10 * NSEC_PER_MSEC);
	}
}

/* libFuzzer says nothing of what it could not write: are all those there that it announced? */
static bool is_whole(const char *log, const char *dir)
{
	static const char mark[] = "MERGE-OUTER: ";
	FILE *f = fopen(log, "re");
	unsigned long long n = 0, announced = 0;
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		const char *at = strstr(line, " new files with ");

		if (!strncmp(line, mark, sizeof(mark) - 1) && at &&
		    sscanf(line + sizeof(mark) - 1, "%llu", &n) == 1)
			announced = n;
	}
	if (f)
		fclose(f);
	return announced && corpus_verify(dir) == announced;
}

static int run_merge(const struct store *s, const struct engine_paths *paths, uint32_t timeout_s,
		     uint32_t max_len, const char *to, uint64_t limit_ns)
{
	struct words *argv = calloc(2, sizeof(*argv)), *env = argv + 1;
	char log[PATH_MAX];
	int fd, ret = 0;
	pid_t pid;

	below(log, s, "merge.log");
	fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (!argv || fd < 0)
		goto out;
	words_add(argv, paths->target);
	words_addf(argv, "-timeout=%u", timeout_s);
	words_addf(argv, "-max_len=%u", max_len);
	words_add_all(argv, (const char *const[]){"-set_cover_merge=1", "-error_exitcode=1", to,
						  s->corpus, NULL});
	/* Where it would leave what crashes: those are known. */
	words_addf(argv, "-artifact_prefix=%s/", s->engine);
	pid = child_start(argv, env, fd);
	ret = pid > 0 && wait_for(pid, clock_ns() + limit_ns) && is_whole(log, to);
out:
	if (fd >= 0)
		close(fd);
	free(argv);
	if (ret)
		unlink(log);
	return ret;
}

int store_merge(struct store *s, const struct engine_paths *paths, uint32_t timeout_s,
		uint32_t max_len, uint64_t limit_ns, struct errmsg *e)
{
	char fresh[PATH_MAX], old[PATH_MAX];
	int err;

	if (stop_waits())
		return 0;
	below(fresh, s, "corpus.new");
	below(old, s, "corpus.old");
	err = remove_tree(fresh, e);
	if (!err && mkdir(fresh, 0777)) {
		err = -errno;
		fail(e, err, "make the folder", fresh);
	}
	if (err)
		return err;
	if (!run_merge(s, paths, timeout_s, max_len, fresh, limit_ns))
		return remove_tree(fresh, e);
	if (rename(s->corpus, old) || rename(fresh, s->corpus)) {
		err = -errno;
		return fail(e, err, "rename", s->corpus);
	}
	err = remove_tree(old, e);
	return err ? err : 1;
}
