/* SPDX-License-Identifier: MIT */
/*
 * apt_index: which kernels Debian's package lists have. Of a list (Packages, as apt fetched and
 * verified it) only what makes up kernels is kept: the images, from 7.2 on the packages that images
 * and modules have been split into, and the sources. What is kept is written down in the lists' own
 * form, so that one reader does for both. Nothing here runs a program or knows a path.
 */
#ifndef IRQSTORM_GUEST_APT_INDEX_H
#define IRQSTORM_GUEST_APT_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest/bytes.h"

#define APT_NAME_MAX   128
#define APT_SERIES_MAX 16
#define APT_PARTS_MAX  4 /* packages that a kernel comes in */

struct apt_package {
	char name[APT_NAME_MAX], version[APT_NAME_MAX];
	char sha256[65];
	uint64_t size; /* of the .deb, bytes */
	char uri[512];
	char depends[640]; /* as in the list; cut off at a comma when longer */
};

struct apt_index {
	struct apt_package *v;
	size_t n, cap;
};

/* A kernel that is asked for. */
struct debian_want {
	char series[APT_SERIES_MAX]; /* "6.12", or "newest" */
	char arch[8];                /* Debian's word: "amd64", "arm64" */
	bool rt;
};

/*
 * Add the kernels' packages that the list @text has. @repo: where its Filename fields begin, NULL
 * when the list has URI fields (one that apt_index_print() wrote). What lacks a field, or has one
 * that no list of Debian has, is left out. 0 or -ENOMEM.
 */
int apt_index_parse(struct apt_index *x, const struct bytes *text, const char *repo);

/* The index as text. 0 or -ENOMEM. */
int apt_index_print(const struct apt_index *x, struct bytes *text);

void apt_index_free(struct apt_index *x);

/*
 * "linux-image-6.12.117+deb13-rt-amd64": of the series 6.12, real-time. False for what is no image
 * of @arch, or of a flavour that nobody can ask for (cloud, 16k), or has no code (dbg, unsigned).
 */
bool apt_image_name(const char *name, const char *arch, char series[APT_SERIES_MAX], bool *rt);

/* The newest image that fits, NULL for none. */
const struct apt_package *apt_index_newest(const struct apt_index *x,
					   const struct debian_want *want);

/*
 * The packages that hold the kernel of @image: itself and those that it was split into. Returns how
 * many, or -ENOENT with the name of the one that the lists lack in @missing.
 */
int apt_index_parts(const struct apt_index *x, const struct apt_package *image,
		    const struct apt_package *parts[APT_PARTS_MAX], char missing[APT_NAME_MAX]);

/* "6.1, 6.12, 7.3": the series that there are for @want's architecture and flavour; "nothing". */
const char *apt_index_series(const struct apt_index *x, const struct debian_want *want, char *buf,
			     size_t size);

/* The newest package linux-source-SERIES, or of any series with "newest"; NULL for none. */
const struct apt_package *apt_index_source(const struct apt_index *x, const char *series);

/* "6.1, 7.3": the series whose sources there are; "nothing". */
const char *apt_index_sources(const struct apt_index *x, char *buf, size_t size);

/* By Debian's order of versions (deb-version(7)); kernels' have no epoch. */
int apt_version_cmp(const char *a, const char *b);

/* "6.12" of "6.12.117+deb13-amd64"; false when @release does not begin with a series. */
bool apt_release_series(const char *release, char series[APT_SERIES_MAX]);

#endif
