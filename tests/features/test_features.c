/* SPDX-License-Identifier: MIT */
/* features: names, sets, versions. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "features/features.h"
#include "features/probe.h"

static bool has(enum profile p, enum feature f)
{
	return feature_in(profile_features(p), f);
}

Test(features, version_and_feature_part_ways)
{
	cr_assert(has(PROFILE_6_12, FEATURE_DYN_MSIX));
	cr_assert(!has(PROFILE_6_12_ARM64, FEATURE_DYN_MSIX));
	cr_assert(has(PROFILE_7_3_ARM64, FEATURE_DYN_MSIX));
	cr_assert(!has(PROFILE_6_6, FEATURE_NEGATIVE_FD_REFUSED_ERR_REQ));
	cr_assert(has(PROFILE_6_12, FEATURE_NEGATIVE_FD_REFUSED_ERR_REQ), "a backport");
	cr_assert(!has(PROFILE_7_2, FEATURE_ERR_ANY_FUNCTION));
	cr_assert(has(PROFILE_7_3, FEATURE_ERR_ANY_FUNCTION));
	cr_assert_eq(profile_features(PROFILE_6_1), FEATURE_BIT(CONTEXTS_WITHIN_NVEC));
	cr_assert_eq(profile_features(PROFILE_ANY), 0);
	cr_assert_eq(profile_features(PROFILES), 0);
}

Test(features, a_backport_is_of_its_series_alone)
{
	const uint32_t bit = FEATURE_BIT(NEGATIVE_FD_REFUSED_ERR_REQ);

	cr_assert(features_at(feature_version("6.12.117+deb12-amd64"), ARCH_X86) & bit);
	cr_assert(!(features_at(feature_version("6.13.1"), ARCH_X86) & bit));
	cr_assert(features_at(feature_version("6.19-rc1"), ARCH_X86) & bit);
	cr_assert(features_at(feature_version("7.0"), ARCH_X86) & bit);
}

Test(features, a_release_has_the_profile_before_it)
{
	cr_assert_eq(profile_at(feature_version("6.1.192-3"), ARCH_X86), PROFILE_6_1);
	cr_assert_eq(profile_at(feature_version("5.10.0"), ARCH_X86), PROFILE_6_1, "the first");
	cr_assert_eq(profile_at(feature_version("6.5.0"), ARCH_X86), PROFILE_6_1);
	cr_assert_eq(profile_at(feature_version("6.18.2"), ARCH_X86), PROFILE_6_12);
	cr_assert_eq(profile_at(feature_version("7.9.0"), ARCH_X86), PROFILE_7_3);
	cr_assert_eq(profile_at(feature_version("7.3.4"), ARCH_ARM64), PROFILE_7_3_ARM64);
	cr_assert_eq(feature_version("linux"), 0);
}

Test(features, every_name_is_found_and_no_other)
{
	char names[FEATURE_NAMES_MAX];

	for (enum feature f = 0; f < FEATURES; f++) {
		const char *name = feature_rows[f].name;

		cr_assert_eq(feature_find(name, strlen(name)), f);
		cr_assert_eq(feature_find(name, strlen(name) - 1), FEATURES);
		cr_assert(strstr(feature_names(names, sizeof(names)), name), "%s", names);
	}
	for (enum profile p = PROFILE_ANY + 1; p < PROFILES; p++) {
		const char *name = profile_name(p);

		cr_assert_eq(profile_find(name, strlen(name)), p);
		cr_assert(strstr(profile_names(names, sizeof(names)), name), "%s", names);
	}
	cr_assert_eq(profile_find("any", 3), PROFILE_ANY);
	cr_assert_eq(profile_find("6.1x", 4), PROFILE_ANY);
}

Test(features, changes_add_up_unless_they_contradict)
{
	struct feature_change c = {0, 0};
	char why[700];

	cr_assert_eq(feature_change_add(&c, "+dyn-msix", 9, why, sizeof(why)), 0);
	cr_assert_eq(feature_change_add(&c, "+dyn-msix", 9, why, sizeof(why)), 0, "twice");
	cr_assert_eq(feature_change_add(&c, "-empty-enable,more", 13, why, sizeof(why)), 0);
	cr_assert_eq(feature_change_apply(&c, FEATURE_BIT(EMPTY_ENABLE)), FEATURE_BIT(DYN_MSIX));
	cr_assert_eq(feature_change_add(&c, "-dyn-msix", 9, why, sizeof(why)), -EINVAL);
	cr_assert_str_eq(why, "+dyn-msix and -dyn-msix contradict each other");
	cr_assert_eq(feature_change_add(&c, "+a\033b", 4, why, sizeof(why)), -EINVAL);
	cr_assert(strstr(why, "+a?b: no such feature; there are dyn-msix, "), "%s", why);
	cr_assert(strstr(why, feature_rows[FEATURES - 1].name), "all of them: %s", why);
}
