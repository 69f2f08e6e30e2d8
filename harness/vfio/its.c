/* SPDX-License-Identifier: MIT */
#include "vfio/its.h"

#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The Multiple APIC Description Table of ACPI 6.5, 5.2.12: a header, then structures. */
#define MADT_HEADER 44u
#define MADT_ITS    0x0f

#define TABLE_MAX 65536

static size_t read_file(const char *path, uint8_t *buf, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(buf, 1, size, f) : 0;

	if (f)
		fclose(f);
	return n;
}

/* Has a node of the device tree the compatible string? Its strings end with a NUL each. */
static bool is_its(const char *path)
{
	static const char name[] = "arm,gic-v3-its";
	uint8_t text[256];
	size_t n = read_file(path, text, sizeof(text));

	return memmem(text, n, name, sizeof(name));
}

/* It is a child of the GIC's node, which is at the top or in a bus. */
static int ask_devicetree(const struct vfio_roots *r)
{
	static const char *const depths[] = {"*/*", "*/*/*", "*/*/*/*"};
	char pattern[PATH_MAX];
	int found = -1;

	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]) && found < 1; i++) {
		glob_t g;

		snprintf(pattern, sizeof(pattern), "%s/firmware/devicetree/base/%s/compatible",
			 r->sysfs, depths[i]);
		if (!glob(pattern, 0, NULL, &g)) {
			found = 0;
			for (size_t k = 0; k < g.gl_pathc && !found; k++)
				found = is_its(g.gl_pathv[k]);
		}
		globfree(&g);
	}
	return found;
}

static int ask_acpi(const struct vfio_roots *r)
{
	static uint8_t const signature[] = {'A', 'P', 'I', 'C'};
	uint8_t table[TABLE_MAX];
	char path[PATH_MAX];
	size_t n;

	snprintf(path, sizeof(path), "%s/firmware/acpi/tables/APIC", r->sysfs);
	n = read_file(path, table, sizeof(table));
	if (n < MADT_HEADER || memcmp(table, signature, sizeof(signature)))
		return -1;
	for (size_t at = MADT_HEADER; at + 2 <= n && table[at + 1] >= 2; at += table[at + 1]) {
		if (table[at] == MADT_ITS)
			return 1;
	}
	return 0;
}

/* " ITS-MSI", " ITS-PCI-MSIX-0000:00:04.0": not being there says nothing. */
static int ask_interrupts(const struct vfio_roots *r)
{
	char path[PATH_MAX], line[4096];
	int found = -1;
	FILE *f;

	snprintf(path, sizeof(path), "%s/interrupts", r->proc ? r->proc : "/proc");
	f = fopen(path, "re");
	while (f && found < 0 && fgets(line, sizeof(line), f)) {
		if (strstr(line, " ITS-"))
			found = 1;
	}
	if (f)
		fclose(f);
	return found;
}

int its_present(const struct vfio_roots *r)
{
	int found = ask_interrupts(r);

	if (found < 0)
		found = ask_devicetree(r);
	return found < 0 ? ask_acpi(r) : found;
}
