/* SPDX-License-Identifier: MIT */
/*
 * nights: the folders of nights below a nightly folder: who may write there, which night is not
 * over, and what of old ones is kept.
 */
#ifndef IRQSTORM_NIGHTLY_NIGHTS_H
#define IRQSTORM_NIGHTLY_NIGHTS_H

#include "nightly/doc.h"

#define NIGHT_SCHEMA "irqstorm.nightly/1"

/*
 * Two locks, which go with their processes: that of the nightly alone, and one that every child
 * has, too: a night that was killed holds it until the last of what it started has ended.
 */
struct nights_lock {
	int own, inherited; /* -1: not open */
};

/*
 * Makes @out and takes its locks; what a killed night has left running is waited for. @root becomes
 * the folder's absolute path. 0 or -errno with @e (exit 3). nights_close() in any case.
 */
int nights_open(const char *out, char root[PATH_MAX], struct nights_lock *lock, struct errmsg *e);
void nights_close(struct nights_lock *lock);

/* The newest night that is not over into *@night: 1, 0 for none, or -errno with @e. */
int nights_unfinished(const char *root, json_t **night, struct errmsg *e);

/* nights/NAME/night.json of @night. */
int nights_save(const char *root, const json_t *night, struct errmsg *e);

/*
 * Of all nights but the newest @keep only night.json stays, and the folders of steps that @known
 * has an artifact in. 0 or -errno with @e.
 */
int nights_rotate(const char *root, uint64_t keep, const json_t *known, struct errmsg *e);

#endif
