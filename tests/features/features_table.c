/* SPDX-License-Identifier: MIT */
/*
 * features_table: what harness/features/features.def says, for tests and documents:
 *
 *	features_table markdown   the table of section 1.10 of docs/rules.md
 *	features_table mutants    a line for each way to hold a profile against a feature that it
 *				  has not, or without one that it has: PROFILE CHANGE KEYS
 */
#include <stdio.h>
#include <string.h>

#include "features/features.h"

static const enum profile shown[] = {PROFILE_6_1,      PROFILE_6_12,      PROFILE_7_2,
				     PROFILE_7_3,      PROFILE_6_1_ARM64, PROFILE_6_12_ARM64,
				     PROFILE_7_3_ARM64};

#define N_SHOWN (sizeof(shown) / sizeof(shown[0]))

static const char *const found[] = {
	[PROBE_NONE] = "version",
	[PROBE_NORESIZE] = "probe: NORESIZE of MSIX",
	[PROBE_NEGATIVE_FD] = "probe: REQ with fd -2",
	[PROBE_ERR] = "probe: GET_IRQ_INFO of ERR, on conventional PCI; else version",
	[PROBE_PIN] = "probe: GET_IRQ_INFO of INTX, on a device without an irq; else version",
	[PROBE_ITS] = "probe: /proc/interrupts, device tree, ACPI; else arch",
};

static void markdown(void)
{
	printf("| feature | what it means |");
	for (size_t i = 0; i < N_SHOWN; i++)
		printf(" %s |", profile_name(shown[i]));
	printf(" rules | seen, or read | known by |\n|---|---|");
	for (size_t i = 0; i < N_SHOWN; i++)
		printf("---|");
	printf("---|---|---|\n");
	for (enum feature f = 0; f < FEATURES; f++) {
		const struct feature_row *row = &feature_rows[f];

		printf("| `%s` | %s |", row->name, row->meaning);
		for (size_t i = 0; i < N_SHOWN; i++)
			printf(" %s |", feature_in(profile_features(shown[i]), f) ? "yes" : "no");
		printf(" %s | %s | %s |\n", row->rules, row->where, found[row->probe]);
	}
}

static void mutants(void)
{
	static const enum profile of[] = {PROFILE_6_1, PROFILE_6_12, PROFILE_7_3,
					  PROFILE_6_12_ARM64};

	for (enum feature f = 0; f < FEATURES; f++) {
		const struct feature_row *row = &feature_rows[f];

		for (size_t i = 0; row->shown && i < sizeof(of) / sizeof(of[0]); i++)
			printf("%s %c%s %s\n", profile_name(of[i]),
			       feature_in(profile_features(of[i]), f) ? '-' : '+', row->name,
			       row->shown);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "markdown"))
		markdown();
	else if (argc == 2 && !strcmp(argv[1], "mutants"))
		mutants();
	else
		return 2;
	return 0;
}
