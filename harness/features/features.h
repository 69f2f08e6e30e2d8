/* SPDX-License-Identifier: MIT */
/*
 * features: behaviours that differ between kernels, architectures and hosts, by name
 * (features.def). Owns the table, sets of features and the profiles, which are names for sets: what
 * a kernel version has on an architecture. Nobody else asks for a version. Thread-safe: constant
 * data and pure functions.
 */
#ifndef IRQSTORM_FEATURES_FEATURES_H
#define IRQSTORM_FEATURES_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/errmsg.h"

enum feature {
#define FEATURE(id, ...) FEATURE_##id,
#include "features/features.def"
#undef FEATURE
	FEATURES
};

/* The binary form of programs has so many bits for a set. */
_Static_assert(FEATURES <= 16, "binary_form.c writes sets as two bytes");

/* A set of features: bit 1 << enum feature. */
#define FEATURE_BIT(id) (UINT32_C(1) << FEATURE_##id)
#define FEATURES_ALL    ((UINT32_C(1) << FEATURES) - 1)

/* PROFILE_6_1 is 1 and PROFILE_6_12 is 2 for good (program/binary_form.c). */
enum profile {
	PROFILE_ANY, /* none named */
#define PROFILE(id, ...) PROFILE_##id,
#include "features/features.def"
#undef PROFILE
	PROFILES
};

enum arch { ARCH_X86, ARCH_ARM64 };
extern const char *const arch_names[]; /* "x86-64", "arm64" */

enum feature_probe {
	PROBE_NONE,        /* by the version alone */
	PROBE_NORESIZE,    /* the flags of MSI-X */
	PROBE_NEGATIVE_FD, /* REQ with an fd of -2, which no kernel does anything with */
	PROBE_ERR,         /* GET_IRQ_INFO of ERR on a conventional function */
	PROBE_PIN,         /* GET_IRQ_INFO of INTX of a device without an irq */
	PROBE_ITS,         /* the host's interrupt controller */
};

struct feature_row {
	const char *name, *rules;
	uint16_t since[2], until, stable; /* kernels, see feature_version() */
	enum feature_probe probe;
	const char *shown; /* see features.def */
	const char *meaning, *where;
};
extern const struct feature_row feature_rows[FEATURES];

static inline bool feature_in(uint32_t set, enum feature f)
{
	return set >> f & 1;
}

/* FEATURES: there is none of that name. @name has @len bytes. */
enum feature feature_find(const char *name, size_t len);

/* "dyn-msix, contexts-within-nvec, ...": all there are. Returns @buf. */
const char *feature_names(char *buf, size_t size);
#define FEATURE_NAMES_MAX 512u

const char *profile_name(enum profile profile);
enum profile profile_find(const char *name, size_t len); /* PROFILE_ANY: none of that name */
enum arch profile_arch(enum profile profile);
const char *profile_names(char *buf, size_t size);

/* What the kernel of @profile has; of PROFILE_ANY, nothing. */
uint32_t profile_features(enum profile profile);

/* 6.12 as a number that orders versions; 0 for a release that begins with none. */
uint16_t feature_version(const char *release);

/* What a kernel of that version has on @arch, by the table. */
uint32_t features_at(uint16_t version, enum arch arch);

/* The profile next to it: its own version or the last before it, else the first. */
enum profile profile_at(uint16_t version, enum arch arch);

/* A set as it was told: what is to be there, and what is not; the rest as it is. */
struct feature_change {
	uint32_t with, without;
};

/*
 * One more word, "+dyn-msix" or "-dyn-msix", without the end at @len. 0, or -EINVAL with one line
 * in @why of @size: no such feature, and which there are; or the opposite was said before.
 */
int feature_change_add(struct feature_change *c, const char *word, size_t len, char *why,
		       size_t size);

static inline uint32_t feature_change_apply(const struct feature_change *c, uint32_t set)
{
	return (set | c->with) & ~c->without;
}

#endif
