/* SPDX-License-Identifier: MIT */
#include "nightly/nights.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "guest/fsutil.h"
#include "report/value.h"
#include "support/clock.h"
#include "support/log.h"

#define LEFTOVER_NS (60 * NSEC_PER_SEC) /* what a killed night started ends by itself by then */
#define DYING_POLLS 10

static const struct timespec poll_interval = {.tv_nsec = 100 * NSEC_PER_MSEC};

static int cannot(const char *what, const char *path, int err, struct errmsg *e)
{
	return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot %s %s: %s", what, path, strerror(-err));
}

static int say_in_use(const char *root, int fd, struct errmsg *e)
{
	char pid[24] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	return errmsg_set(e, -EBUSY, EXIT_ENVIRONMENT,
			  "%s is in use (process %ld): give another --out", root,
			  n > 0 ? strtol(pid, NULL, 10) : 0);
}

static int wait_for_leftovers(const char *root, int fd, struct errmsg *e)
{
	uint64_t deadline = clock_ns() + LEFTOVER_NS;
	bool said = false;

	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return cannot("lock", root, -errno, e);
		if (clock_ns() >= deadline)
			return errmsg_set(e, -EBUSY, EXIT_ENVIRONMENT,
					  "%s: what a nightly that was killed has started is still "
					  "running; fuser %s/lock shows it",
					  root, root);
		if (!said)
			log_note("waits for what a nightly that was killed has started");
		said = true;
		nanosleep(&poll_interval, NULL);
	}
	return 0;
}

static int take_locks(const char *root, struct nights_lock *lock, struct errmsg *e)
{
	char path[DOC_PATH];
	int err;

	snprintf(path, sizeof(path), "%s/nights", root);
	lock->own = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock->own < 0)
		return cannot("read", path, -errno, e);
	snprintf(path, sizeof(path), "%s/lock", root);
	/* Not O_CLOEXEC: children hold it, too. */
	lock->inherited = open(path, O_RDWR | O_CREAT, 0666);
	if (lock->inherited < 0)
		return cannot("write", path, -errno, e);
	/* one that is being killed has it for a moment more */
	for (int i = 0; flock(lock->own, LOCK_EX | LOCK_NB); i++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return cannot("lock", root, -errno, e);
		if (i == DYING_POLLS)
			return say_in_use(root, lock->inherited, e);
		nanosleep(&poll_interval, NULL);
	}
	err = wait_for_leftovers(root, lock->inherited, e);
	if (!err &&
	    (ftruncate(lock->inherited, 0) || dprintf(lock->inherited, "%d\n", (int)getpid()) < 0))
		err = cannot("write", path, -errno, e);
	return err;
}

void nights_close(struct nights_lock *lock)
{
	if (lock->own >= 0)
		close(lock->own);
	if (lock->inherited >= 0)
		close(lock->inherited);
	*lock = (struct nights_lock){-1, -1};
}

/* Half-written files of one that was killed. */
static void remove_temporary(const char *root)
{
	DIR *d = opendir(root);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		if (strstr(entry->d_name, ".tmp."))
			unlinkat(dirfd(d), entry->d_name, 0);
	}
	if (d)
		closedir(d);
}

int nights_open(const char *out, char root[PATH_MAX], struct nights_lock *lock, struct errmsg *e)
{
	char path[DOC_PATH];
	int err;

	*lock = (struct nights_lock){-1, -1};
	snprintf(path, sizeof(path), "%.4000s/nights", out);
	err = fs_mkdirs(path);
	if (err)
		return cannot("make the folder", path, err, e);
	if (!realpath(out, root))
		return cannot("find", out, -errno, e);
	err = take_locks(root, lock, e);
	if (err)
		nights_close(lock);
	else
		remove_temporary(root);
	return err;
}

static int is_name(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void free_names(struct dirent **names, int n)
{
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* Oldest first: names begin with the time. */
static int scan(const char *root, struct dirent ***names, struct errmsg *e)
{
	char path[DOC_PATH];
	int n;

	snprintf(path, sizeof(path), "%s/nights", root);
	n = scandir(path, names, is_name, alphasort);
	return n < 0 ? cannot("read", path, -errno, e) : n;
}

int nights_unfinished(const char *root, json_t **night, struct errmsg *e)
{
	char path[2 * DOC_PATH];
	struct dirent **names;
	int n = scan(root, &names, e), ret = 0;
	struct errmsg damaged;

	*night = NULL;
	for (int i = n - 1; i >= 0; i--) {
		snprintf(path, sizeof(path), "%s/nights/%s/night.json", root, names[i]->d_name);
		ret = doc_load(path, NIGHT_SCHEMA, night, &damaged);
		/* a night of long ago must not keep tonight's from running */
		if (ret < 0)
			log_note("left alone: %s", damaged.text);
		if (ret > 0 && doc_is(*night, "state", "running"))
			break;
		json_decref(*night);
		*night = NULL;
		ret = 0;
	}
	if (n < 0)
		return n;
	free_names(names, n);
	return ret;
}

int nights_save(const char *root, const json_t *night, struct errmsg *e)
{
	char path[2 * DOC_PATH];

	snprintf(path, sizeof(path), "%s/nights/%s/night.json", root, value_text(night, "name"));
	return doc_save(path, night, e);
}

/* Whether a finding that is known has its artifact in nights/NIGHT/STEP. */
static bool is_needed(const json_t *known, const char *night, const char *step)
{
	char prefix[2 * DOC_PATH];
	json_t *entry;
	size_t i;
	int n = snprintf(prefix, sizeof(prefix), "nights/%s/%s/", night, step);

	json_array_foreach(json_object_get(known, "findings"), i, entry)
	{
		if (!strncmp(value_text(entry, "artifact"), prefix, (size_t)n))
			return true;
	}
	return false;
}

static int thin_out(const char *root, const char *night, const json_t *known)
{
	char path[2 * DOC_PATH];
	struct dirent **names;
	int n, err = 0;

	snprintf(path, sizeof(path), "%s/nights/%s", root, night);
	n = scandir(path, &names, is_name, alphasort);
	if (n < 0)
		return errno == ENOTDIR ? 0 : -errno;
	for (int i = 0; i < n && !err; i++) {
		if (!strcmp(names[i]->d_name, "night.json") ||
		    is_needed(known, night, names[i]->d_name))
			continue;
		snprintf(path, sizeof(path), "%s/nights/%s/%s", root, night, names[i]->d_name);
		err = fs_remove_tree(path);
	}
	free_names(names, n);
	return err;
}

int nights_rotate(const char *root, uint64_t keep, const json_t *known, struct errmsg *e)
{
	struct dirent **names;
	int n = scan(root, &names, e), err = 0;

	if (n < 0)
		return n;
	for (int i = 0; !err && (uint64_t)i + keep < (uint64_t)n; i++) {
		err = thin_out(root, names[i]->d_name, known);
		if (err)
			cannot("clear the old night", names[i]->d_name, err, e);
	}
	free_names(names, n);
	return err;
}
