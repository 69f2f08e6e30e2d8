/* SPDX-License-Identifier: MIT */
#include "features/features.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KV(major, minor) ((major) << 8 | (minor))
#define NEVER            0xffff

const struct feature_row feature_rows[FEATURES] = {
#define FEATURE(id, name, rules, x86, arm64, until, stable, probe, shown, meaning, where)          \
	[FEATURE_##id] = {name, rules, {x86, arm64}, until, stable, probe, shown, meaning, where},
#include "features/features.def"
#undef FEATURE
};

static const struct {
	const char *name;
	uint16_t version;
	enum arch arch;
} profiles[PROFILES] = {
	[PROFILE_ANY] = {"any", 0, ARCH_X86},
#define PROFILE(id, name, version, arch) [PROFILE_##id] = {name, version, arch},
#include "features/features.def"
#undef PROFILE
};

const char *const arch_names[] = {[ARCH_X86] = "x86-64", [ARCH_ARM64] = "arm64"};

_Static_assert(PROFILE_6_1 == 1 && PROFILE_6_12 == 2, "old programs name them by number");

static bool named(const char *have, const char *name, size_t len)
{
	return strlen(have) == len && !memcmp(have, name, len);
}

enum feature feature_find(const char *name, size_t len)
{
	enum feature f = 0;

	while (f < FEATURES && !named(feature_rows[f].name, name, len))
		f++;
	return f;
}

static void append(char *buf, size_t size, const char *name)
{
	size_t n = strlen(buf);

	snprintf(buf + n, size - n, "%s%s", n ? ", " : "", name);
}

const char *feature_names(char *buf, size_t size)
{
	*buf = '\0';
	for (enum feature f = 0; f < FEATURES; f++)
		append(buf, size, feature_rows[f].name);
	return buf;
}

const char *profile_name(enum profile profile)
{
	return profiles[profile < PROFILES ? profile : PROFILE_ANY].name;
}

enum arch profile_arch(enum profile profile)
{
	return profiles[profile < PROFILES ? profile : PROFILE_ANY].arch;
}

enum profile profile_find(const char *name, size_t len)
{
	enum profile p = PROFILE_ANY + 1;

	while (p < PROFILES && !named(profiles[p].name, name, len))
		p++;
	return p < PROFILES ? p : PROFILE_ANY;
}

const char *profile_names(char *buf, size_t size)
{
	*buf = '\0';
	for (enum profile p = PROFILE_ANY + 1; p < PROFILES; p++)
		append(buf, size, profiles[p].name);
	return buf;
}

/* Inline: for a profile a constant, asked for each device that a program brings. */
static inline uint32_t features_of(uint16_t version, enum arch arch)
{
	uint32_t set = 0;

#define FEATURE(id, name, rules, x86, arm64, until, stable, ...)                                   \
	if (((version >= (arch == ARCH_ARM64 ? (arm64) : (x86)) &&                                 \
	      (arch == ARCH_ARM64 ? (arm64) : (x86)) != NEVER) ||                                  \
	     version == (stable)) &&                                                               \
	    version < (until))                                                                     \
		set |= FEATURE_BIT(id);
#include "features/features.def"
#undef FEATURE
	return set;
}

uint32_t profile_features(enum profile profile)
{
	switch (profile) {
#define PROFILE(id, name, version, arch)                                                           \
	case PROFILE_##id:                                                                         \
		return features_of(version, arch);
#include "features/features.def"
#undef PROFILE
	default:
		return 0;
	}
}

uint16_t feature_version(const char *release)
{
	unsigned int major = 0, minor = 0;

	if (sscanf(release, "%u.%u", &major, &minor) != 2 || major > 255 || minor > 255)
		return 0;
	return (uint16_t)KV(major, minor);
}

uint32_t features_at(uint16_t version, enum arch arch)
{
	return features_of(version, arch);
}

enum profile profile_at(uint16_t version, enum arch arch)
{
	enum profile best = PROFILE_ANY, first = PROFILE_ANY;

	for (enum profile p = PROFILE_ANY + 1; p < PROFILES; p++) {
		if (profiles[p].arch != arch)
			continue;
		if (first == PROFILE_ANY || profiles[p].version < profiles[first].version)
			first = p;
		if (profiles[p].version <= version &&
		    (best == PROFILE_ANY || profiles[p].version > profiles[best].version))
			best = p;
	}
	return best != PROFILE_ANY ? best : first;
}

int feature_change_add(struct feature_change *c, const char *word, size_t len, char *why,
		       size_t size)
{
	enum feature f = feature_find(word + 1, len - 1);
	bool with = *word == '+';
	char names[FEATURE_NAMES_MAX], shown[48];

	if (f == FEATURES) {
		size_t n = 0;

		while (n < len && n < sizeof(shown) - 1) {
			shown[n] = word[n] > ' ' && word[n] < 0x7f ? word[n] : '?';
			n++;
		}
		shown[n] = '\0';
		snprintf(why, size, "%s: no such feature; there are %s", shown,
			 feature_names(names, sizeof(names)));
		return -EINVAL;
	}
	if (feature_in(with ? c->without : c->with, f)) {
		snprintf(why, size, "+%s and -%s contradict each other", feature_rows[f].name,
			 feature_rows[f].name);
		return -EINVAL;
	}
	*(with ? &c->with : &c->without) |= UINT32_C(1) << f;
	return 0;
}
