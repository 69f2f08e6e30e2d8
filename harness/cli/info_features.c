/* SPDX-License-Identifier: MIT */
#include "cli/info_features.h"

#include <string.h>

#include "support/log.h"
#include "support/outfile.h"
#include "support/terminal.h"

#define LINE_MAX_BYTES 640u

/* " dyn-msix its-msi" */
static const char *names_of(uint32_t set, char list[LINE_MAX_BYTES])
{
	size_t n = 0;

	*list = '\0';
	for (enum feature i = 0; i < FEATURES; i++) {
		if (feature_in(set, i) && n < LINE_MAX_BYTES)
			n += (size_t)snprintf(list + n, LINE_MAX_BYTES - n, " %s",
					      feature_rows[i].name);
	}
	return list;
}

static uint32_t found_by(const struct features_found *found, enum feature_by by)
{
	uint32_t set = 0;

	for (uint32_t i = 0; i < FEATURES; i++)
		set |= (uint32_t)(found->by[i] == by) << i;
	return set;
}

static void print_source(FILE *f, const char *what, uint32_t set, enum feature_by by)
{
	char list[LINE_MAX_BYTES];

	if (set)
		terminal_line(f, 9, "%s%s (by %s)", what, names_of(set, list),
			      feature_by_names[by]);
}

/* What a probe showed and the release would not have said. */
static void unusual(const struct features_found *found, enum feature f, char *buf, size_t size)
{
	snprintf(buf, size,
		 feature_in(found->set, f) ? "%s is there: %s has it not"
					   : "%s is not there: %s has it",
		 feature_rows[f].name, profile_name(found->profile));
}

void info_print_features(FILE *f, const struct features_found *found)
{
	uint32_t differ = found->set ^ found->habit;
	char text[160];

	for (enum feature_by by = BY_VERSION; by <= BY_PROBE; by++)
		print_source(f, "has     ", found_by(found, by) & found->set, by);
	print_source(f, "lacks   ", found_by(found, BY_PROBE) & ~found->set, BY_PROBE);
	for (enum feature i = 0; i < FEATURES; i++) {
		if (!feature_in(differ, i))
			continue;
		unusual(found, i, text, sizeof(text));
		terminal_line(f, 9, "unusual  %s (by %s)", text, feature_by_names[found->by[i]]);
	}
}

void info_write_features(struct json *j, const struct backend_desc *d)
{
	const struct features_found *found = &d->features;
	char text[160];

	json_str(j, "arch", arch_names[found->arch]);
	json_array_begin(j, "features");
	for (enum feature i = 0; i < FEATURES; i++) {
		if (feature_in(found->set, i))
			json_str(j, NULL, feature_rows[i].name);
	}
	json_array_end(j);
	json_object_begin(j, "probed");
	for (enum feature i = 0; i < FEATURES; i++)
		json_str(j, feature_rows[i].name, feature_by_names[found->by[i]]);
	json_object_end(j);
	json_array_begin(j, "unusual");
	for (enum feature i = 0; i < FEATURES; i++) {
		if (!feature_in(found->set ^ found->habit, i))
			continue;
		unusual(found, i, text, sizeof(text));
		json_str(j, NULL, text);
	}
	json_array_end(j);
}

static void print_profile(FILE *f, enum profile p)
{
	char list[LINE_MAX_BYTES];

	terminal_line(f, 9, "profile  %-10s%s", profile_name(p),
		      names_of(profile_features(p), list));
}

int info_list_features(void)
{
	struct outfile out;
	struct errmsg e = {0};

	if (outfile_open(&out, "-", &e))
		goto fail;
	for (enum feature i = 0; i < FEATURES; i++) {
		const struct feature_row *row = &feature_rows[i];

		fprintf(out.f, "%s (%s)\n", row->name, row->rules);
		terminal_line(out.f, 8, "        %s", row->meaning);
		terminal_line(out.f, 8, "        %s", row->where);
	}
	for (enum profile p = PROFILE_ANY + 1; p < PROFILES; p++)
		print_profile(out.f, p);
	if (!outfile_commit(&out, &e))
		return EXIT_PASS;
fail:
	log_error("%s", e.text);
	return (int)e.exit;
}
