/* SPDX-License-Identifier: MIT */
#include "bench/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/value.h"
#include "support/outfile.h"

#define MANIFEST "manifest.json"

char *folder_path(const struct folder *f, const char *name)
{
	char *path;

	if (!f->path || asprintf(&path, "%s/%s", f->path, name) < 0)
		return NULL;
	return path;
}

static json_t *load(const char *dir, const char *name)
{
	json_t *doc = NULL;
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return NULL;
	doc = json_load_file(path, 0, NULL);
	free(path);
	return doc;
}

char *folder_seed(const char *path)
{
	json_t *manifest = load(path, MANIFEST);
	const char *seed = value_text(manifest, "seed");
	char *copy = *seed ? strdup(seed) : NULL;

	json_decref(manifest);
	return copy;
}

static int write_document(struct folder *f, const char *name, const json_t *doc, struct errmsg *e)
{
	char *path = folder_path(f, name);
	struct outfile out = {0};
	struct json j;
	int err = path ? outfile_open(&out, path, e) : errmsg_no_memory(e);

	if (!err) {
		json_init(&j, out.f);
		value_write(&j, NULL, doc);
		json_finish(&j);
		err = outfile_commit(&out, e);
	}
	free(path);
	return err;
}

static int make_folder(const char *path, struct errmsg *e)
{
	if (!mkdir(path, 0777) || errno == EEXIST)
		return 0;
	return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot make the folder %s: %s", path,
			  strerror(errno));
}

static bool is_temporary(const char *name)
{
	return strstr(name, ".tmp.");
}

/* Half-written files of a bench that was killed. */
static void remove_temporary(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		if (is_temporary(entry->d_name))
			unlinkat(dirfd(d), entry->d_name, 0);
	}
	if (d)
		closedir(d);
}

/* Anything but what a bench that was killed at its very start may leave? */
static bool holds_other_things(const char *path)
{
	static const char *const ours[] = {".", "..", "cells", "cost"};
	DIR *d = opendir(path);
	struct dirent *entry;
	bool other = false;

	while (d && !other && (entry = readdir(d))) {
		other = !is_temporary(entry->d_name);
		for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
			other = other && strcmp(entry->d_name, ours[i]) != 0;
	}
	if (d)
		closedir(d);
	return other;
}

/* Where two trees first differ, as a path in @at; false: nowhere. */
static bool differs(const json_t *a, const json_t *b, char *at, size_t size)
{
	const char *key;
	size_t len = strlen(at);
	json_t *v;

	if (a == b)
		return false;
	if (!json_is_object(a) || !json_is_object(b))
		return !json_equal((json_t *)(uintptr_t)a, (json_t *)(uintptr_t)b);
	json_object_foreach((json_t *)(uintptr_t)a, key, v)
	{
		snprintf(at + len, size - len, "%s%s", len ? "." : "", key);
		if (differs(v, json_object_get(b, key), at, size))
			return true;
		at[len] = '\0';
	}
	return false;
}

static int disagree(const struct folder *f, const json_t *was, const json_t *is, const char *at,
		    struct errmsg *e)
{
	char *a = json_dumps(value_at(was, at), JSON_ENCODE_ANY | JSON_COMPACT);
	char *b = json_dumps(value_at(is, at), JSON_ENCODE_ANY | JSON_COMPACT);

	errmsg_set(e, -EEXIST, EXIT_USAGE,
		   "--out %s: it was begun with another %s (%.200s; now %.200s): give it the same "
		   "options on the same machine, or take another folder",
		   f->path, at, a ? a : "nothing", b ? b : "nothing");
	free(a);
	free(b);
	return -EEXIST;
}

static int agree(struct folder *f, const json_t *was, const json_t *is, struct errmsg *e)
{
	/* how it was called may differ */
	static const char *const matters[] = {"schema", "version", "seed",
					      "host",   "targets", "options"};
	char at[200];

	for (size_t i = 0; i < sizeof(matters) / sizeof(matters[0]); i++) {
		const char *key = matters[i];

		snprintf(at, sizeof(at), "%s", key);
		if (differs(json_object_get(is, key), json_object_get(was, key), at, sizeof(at)))
			return disagree(f, was, is, at, e);
	}
	f->resumed = true;
	return 0;
}

static int take_lock(struct folder *f, struct errmsg *e)
{
	f->lock = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->lock < 0)
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot open the folder %s: %s",
				  f->path, strerror(errno));
	if (!flock(f->lock, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK)
		return 0;
	return errmsg_set(e, -EBUSY, EXIT_ENVIRONMENT,
			  "--out %s: another irqstorm bench is at work there", f->path);
}

static int make_subfolders(struct folder *f, struct errmsg *e)
{
	static const char *const names[] = {"cells", "cost"};
	int err = 0;

	remove_temporary(f->path);
	for (size_t i = 0; !err && i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = folder_path(f, names[i]);

		err = path ? make_folder(path, e) : errmsg_no_memory(e);
		if (!err)
			remove_temporary(path);
		free(path);
	}
	return err;
}

int folder_open(struct folder *f, const char *path, const json_t *manifest, struct errmsg *e)
{
	json_t *found;
	int err;

	*f = (struct folder){.path = path, .lock = -1, .kept = json_object()};
	if (!f->kept)
		return errmsg_no_memory(e);
	if (!path)
		return 0;
	err = make_folder(path, e);
	if (!err)
		err = take_lock(f, e);
	if (err)
		return err;
	found = load(path, MANIFEST);
	if (found)
		err = agree(f, found, manifest, e);
	else if (holds_other_things(path))
		err = errmsg_set(e, -EEXIST, EXIT_USAGE,
				 "--out %s: this folder is not empty and has no " MANIFEST
				 " of a bench: take another",
				 path);
	if (!err)
		err = make_subfolders(f, e);
	if (!err && !found)
		err = write_document(f, MANIFEST, manifest, e);
	json_decref(found);
	return err;
}

void folder_close(struct folder *f)
{
	json_decref(f->kept);
	if (f->lock >= 0)
		close(f->lock);
	*f = (struct folder){.lock = -1};
}

static char *file_name(const char *name)
{
	char *file;

	return asprintf(&file, "%s.json", name) < 0 ? NULL : file;
}

const json_t *folder_find(struct folder *f, const char *name)
{
	json_t *doc = json_object_get(f->kept, name);
	char *file;

	if (doc || !f->resumed)
		return doc;
	file = file_name(name);
	doc = file ? load(f->path, file) : NULL;
	free(file);
	/* kept from now on; a file that came to harm is measured again */
	if (doc && json_object_set_new(f->kept, name, doc))
		return NULL;
	return doc;
}

int folder_store(struct folder *f, const char *name, json_t *doc, struct errmsg *e)
{
	char *file = file_name(name);
	int err = file && doc ? 0 : errmsg_no_memory(e);

	if (!err && f->path)
		err = write_document(f, file, doc, e);
	if (!err && json_object_set(f->kept, name, doc))
		err = errmsg_no_memory(e);
	json_decref(doc);
	free(file);
	return err;
}
