/* SPDX-License-Identifier: MIT */
/*
 * known: every finding that any night ever had (known.json, schema irqstorm.nightly-known/1), so
 * that a night tells at a glance which are new. One entry a key:
 *
 *	key, what, repeat, artifact   as of the last time it was seen
 *	step                          that saw it last
 *	first, last, nights           names of nights, and how many
 *	back                          the night in which it was there again after it had gone, or ""
 *	gone                          the first night that looked for it and did not see it, or ""
 *	marked, note                  by a person: it is known and fails no night
 *
 * Noting the same night twice changes nothing, so a night that was killed can be gone on with.
 */
#ifndef IRQSTORM_NIGHTLY_KNOWN_H
#define IRQSTORM_NIGHTLY_KNOWN_H

#include "nightly/doc.h"

enum known_state {
	KNOWN_NEW,    /* or back again */
	KNOWN_THERE,  /* seen before, and still there */
	KNOWN_MARKED, /* there, and a person said that it is known */
	KNOWN_GONE,
	KNOWN_OLD, /* gone in an earlier night, or not looked for */
};

/* An empty one if there is no such file. 0 or -errno with @e. */
int known_load(const char *path, json_t **known, struct errmsg *e);
int known_save(const char *path, const json_t *known, struct errmsg *e);

/* What @step, an object of night.json, found in @night. */
void known_note(json_t *known, const char *night, const json_t *step);
/*
 * When @night is over: what it looked for and did not see. A step that was not over, or that a
 * finding ended, has not looked.
 */
void known_close(json_t *known, const json_t *night);

enum known_state known_state(const json_t *entry, const char *night);
size_t known_count(const json_t *known, const char *night, enum known_state state);
/* The command that shows @entry again; its artifact is below @root. Returns @buf. */
const char *known_repeat(const char *root, const json_t *entry, char *buf, size_t size);
/* -ENOENT: there is no such key. @note NULL: forget it. */
int known_mark(json_t *known, const char *key, const char *note);

#endif
