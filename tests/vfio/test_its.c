/* SPDX-License-Identifier: MIT */
/* its: the interrupt controller as a device tree, ACPI's table and /proc/interrupts tell it. */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tree.h"
#include "vfio/its.h"

static struct tree t;
static char proc[96];

static void setup(void)
{
	tree_make(&t);
	snprintf(proc, sizeof(proc), "%s/proc", t.root);
	t.roots.proc = proc;
}

static void teardown(void)
{
	tree_remove(&t);
}

/* A file below the root, and the folders that lead there. */
static void put(const char *path, const void *bytes, size_t size)
{
	char full[PATH_MAX], command[PATH_MAX + 16];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", t.root, path);
	snprintf(command, sizeof(command), "mkdir -p %.*s", (int)(strrchr(full, '/') - full), full);
	cr_assert_eq(system(command), 0, "%s", command);
	f = fopen(full, "w");
	cr_assert_not_null(f, "%s", full);
	cr_assert_eq(fwrite(bytes, 1, size, f), size);
	fclose(f);
}

TestSuite(its, .init = setup, .fini = teardown);

#define DT "sys/firmware/devicetree/base/"

Test(its, a_host_that_says_nothing_is_not_known)
{
	cr_assert_eq(its_present(&t.roots), -1);
	put("proc/interrupts", "  9:  0  IO-APIC  9-fasteoi acpi\n", 34);
	cr_assert_eq(its_present(&t.roots), -1);
}

Test(its, a_device_tree_tells)
{
	static const char v3[] = "arm,gic-v3", its[] = "arm,gic-v3-its",
			  v2m[] = "arm,gic-v2m-frame";
	static const char two[] = "acme,msi\0arm,gic-v3-its";

	put(DT "intc@8000000/compatible", v3, sizeof(v3));
	put(DT "intc@8000000/v2m@8020000/compatible", v2m, sizeof(v2m));
	cr_assert_eq(its_present(&t.roots), 0);
	put(DT "intc@8000000/its@8080000/compatible", its, sizeof(its) - 1);
	cr_assert_eq(its_present(&t.roots), 0, "cut short, it is another string");
	put(DT "intc@8000000/its@8080000/compatible", its, sizeof(its));
	cr_assert_eq(its_present(&t.roots), 1);
	put(DT "intc@8000000/its@8080000/compatible", two, sizeof(two));
	cr_assert_eq(its_present(&t.roots), 1);
}

Test(its, deep_in_a_device_tree_too)
{
	static const char its[] = "arm,gic-v3-its";

	put(DT "soc/intc@8000000/msi-controller@8080000/compatible", its, sizeof(its));
	cr_assert_eq(its_present(&t.roots), 1);
}

Test(its, acpi_tells)
{
	uint8_t table[44 + 80 + 20] = "APIC";

	table[44] = 0x0b; /* a GIC's CPU interface */
	table[45] = 80;
	table[124] = 0x0e; /* its redistributor */
	table[125] = 16;
	put("sys/firmware/acpi/tables/APIC", table, 140);
	cr_assert_eq(its_present(&t.roots), 0);
	table[124] = 0x0f;
	table[125] = 20;
	put("sys/firmware/acpi/tables/APIC", table, sizeof(table));
	cr_assert_eq(its_present(&t.roots), 1);
	table[45] = 0; /* a structure that would never end */
	put("sys/firmware/acpi/tables/APIC", table, sizeof(table));
	cr_assert_eq(its_present(&t.roots), 0);
	memcpy(table, "SPCR", 4);
	put("sys/firmware/acpi/tables/APIC", table, sizeof(table));
	cr_assert_eq(its_present(&t.roots), -1);
}

Test(its, an_interrupt_that_goes_through_it_tells)
{
	static const char text[] = " 42:  0  0   ITS-PCI-MSIX-0000:00:04.0   0 Edge      x\n";

	put("proc/interrupts", text, sizeof(text) - 1);
	cr_assert_eq(its_present(&t.roots), 1);
}
