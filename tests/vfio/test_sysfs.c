/* SPDX-License-Identifier: MIT */
/* sysfs: addresses, identities, and whether a device can interrupt, from a made tree. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "tree.h"
#include "vfio/find.h"

static struct tree t;

static void setup(void)
{
	tree_make(&t);
}

static void teardown(void)
{
	tree_remove(&t);
}

TestSuite(sysfs, .init = setup, .fini = teardown);

Test(sysfs, addresses)
{
	static const struct {
		const char *text, *bdf; /* NULL: refused */
	} cases[] = {
		{"0000:00:03.0", "0000:00:03.0"},
		{"00:03.0", "0000:00:03.0"},
		{"ABCD:ff:1F.7", "abcd:ff:1f.7"},
		{"0a:1f.7", "0000:0a:1f.7"},
		{"", NULL},
		{"auto", NULL},
		{"00:03", NULL},
		{"00:03.8", NULL},
		{"00:20.0", NULL},
		{"0:3.0", NULL},
		{"00:03.0 ", NULL},
		{" 00:03.0", NULL},
		{"00:03.00", NULL},
		{"00:0g.0", NULL},
		{"000:00:03.0", NULL},
		{"00000:00:03.0", NULL},
		{"0000:00:03:0", NULL},
		{"0000.00.03.0", NULL},
		{"../../../etc", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char bdf[BDF_SIZE] = "";
		bool ok = pci_parse_bdf(cases[i].text, bdf);

		cr_assert_eq(ok, cases[i].bdf != NULL, "'%s' gave %d", cases[i].text, ok);
		if (ok)
			cr_assert_str_eq(bdf, cases[i].bdf);
	}
}

Test(sysfs, reads_a_device)
{
	struct pci_device d;

	tree_device(&t, "0000:00:03.0", 0x1af4, 0x1110, "vfio-pci", "12");
	cr_assert(pci_read(&t.roots, "0000:00:03.0", &d), "not found");
	cr_assert_str_eq(d.bdf, "0000:00:03.0");
	cr_assert_eq(d.vendor, 0x1af4, "vendor 0x%x", d.vendor);
	cr_assert_eq(d.device, 0x1110, "device 0x%x", d.device);
	cr_assert_str_eq(d.driver, "vfio-pci");
	cr_assert_str_eq(d.group, "12");
}

Test(sysfs, reads_a_bare_device)
{
	struct pci_device d;

	tree_device(&t, "0000:00:04.0", 0x8086, 0x100e, NULL, NULL);
	cr_assert(pci_read(&t.roots, "0000:00:04.0", &d), "not found");
	cr_assert_str_eq(d.driver, "");
	cr_assert_str_eq(d.group, "");
	cr_assert_not(pci_read(&t.roots, "0000:00:05.0", &d), "found what is not there");
}

Test(sysfs, lists_in_order)
{
	struct pci_device *devs, d;
	char text[256];
	size_t n;

	tree_device(&t, "0000:01:00.0", 1, 2, "vfio-pci", "1");
	tree_device(&t, "0000:00:04.0", 3, 4, NULL, "2");
	tree_device(&t, "0000:01:00.1", 5, 6, "snd", "1");
	cr_assert_eq(pci_list(&t.roots, NULL, &devs, &n), 0, "list");
	find_format(devs, n, NULL, text, sizeof(text));
	cr_assert_str_eq(text, "0000:00:04.0 (0003:0004, no driver), 0000:01:00.0 (0001:0002, "
			       "vfio-pci), 0000:01:00.1 (0005:0006, snd)");
	free(devs);
	cr_assert(pci_read(&t.roots, "0000:01:00.0", &d), "read");
	cr_assert_eq(pci_list(&t.roots, &d, &devs, &n), 0, "list");
	find_format(devs, n, &d, text, sizeof(text));
	cr_assert_str_eq(text, "0000:01:00.1 (0005:0006, snd)", "others of the group: %s", text);
	find_format(devs, n, NULL, text, 20);
	cr_assert_eq(strlen(text), 19, "a short buffer cuts: %s", text);
	free(devs);
	find_format(NULL, 0, NULL, text, sizeof(text));
	cr_assert_str_eq(text, "none");
}

Test(sysfs, no_pci_bus)
{
	struct pci_device *devs;
	size_t n;

	tree_drop(&t, "sys/bus");
	cr_assert_eq(pci_list(&t.roots, NULL, &devs, &n), -ENOENT, "list");
	cr_assert_null(devs, "an array");
}

Test(sysfs, vfio_drivers)
{
	cr_assert(pci_driver_is_vfio("vfio-pci"), "vfio-pci");
	cr_assert(pci_driver_is_vfio("mlx5-vfio-pci"), "a variant");
	cr_assert(pci_driver_is_vfio("mlx5_vfio_pci"), "a variant's other spelling");
	cr_assert_not(pci_driver_is_vfio(""), "none");
	cr_assert_not(pci_driver_is_vfio("pci"), "the end of it");
	cr_assert_not(pci_driver_is_vfio("vfio-pci-not"), "the start of it");
}

/* A header whose capability list starts at 0x40 with @id, then @next. */
static void config(uint8_t *cfg, uint8_t id, uint8_t next)
{
	memset(cfg, 0, 256);
	cfg[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	cfg[PCI_CAPABILITY_LIST] = 0x40;
	cfg[0x40] = id;
	cfg[0x41] = next;
}

Test(sysfs, can_interrupt)
{
	struct pci_device d;
	uint8_t cfg[256];

	tree_device(&t, "0000:00:03.0", 1, 2, "vfio-pci", "1");
	cr_assert(pci_read(&t.roots, "0000:00:03.0", &d), "read");
	cr_assert(pci_can_interrupt(&t.roots, &d), "no config file: not known, so yes");

	config(cfg, PCI_CAP_ID_MSIX, 0);
	tree_config(&t, d.bdf, cfg, 256);
	cr_assert(pci_can_interrupt(&t.roots, &d), "MSI-X");
	tree_config(&t, d.bdf, cfg, 64);
	cr_assert(pci_can_interrupt(&t.roots, &d), "cut to what users see: not known, so yes");

	config(cfg, PCI_CAP_ID_PM, 0x50);
	cfg[0x50] = PCI_CAP_ID_MSI;
	tree_config(&t, d.bdf, cfg, 256);
	cr_assert(pci_can_interrupt(&t.roots, &d), "MSI behind another");

	config(cfg, PCI_CAP_ID_PM, 0);
	tree_config(&t, d.bdf, cfg, 256);
	cr_assert_not(pci_can_interrupt(&t.roots, &d), "only PM");
	cfg[PCI_INTERRUPT_PIN] = 1;
	tree_config(&t, d.bdf, cfg, 256);
	cr_assert(pci_can_interrupt(&t.roots, &d), "INTA");

	config(cfg, PCI_CAP_ID_PM, 0x40);
	tree_config(&t, d.bdf, cfg, 256);
	cr_assert_not(pci_can_interrupt(&t.roots, &d), "a ring must end");

	memset(cfg, 0, sizeof(cfg));
	tree_config(&t, d.bdf, cfg, 256);
	cr_assert_not(pci_can_interrupt(&t.roots, &d), "nothing");
}
