/* SPDX-License-Identifier: MIT */
/* A device that reads as all ones is told from every other one, opened or not. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tree.h"
#include "vfio/alive.h"
#include "vfio/vfio.h"

#define A "0000:00:03.0"

static struct tree t;
static struct errmsg e;
static uint8_t cfg[PCI_CFG_SPACE_SIZE];

/* A live device: config space as ivshmem's begins. */
static void setup(void)
{
	static const uint8_t begin[] = {0xf4, 0x1a, 0x10, 0x11, 0x07, 0x01,
					0x10, 0x00, 0x01, 0x00, 0x00, 0x05};

	tree_make(&t);
	memset(&e, 0, sizeof(e));
	memset(cfg, 0, sizeof(cfg));
	memcpy(cfg, begin, sizeof(begin));
	tree_device(&t, A, 0x1af4, 0x1110, "vfio-pci", "7");
}

static void teardown(void)
{
	tree_remove(&t);
}

TestSuite(alive, .init = setup, .fini = teardown);

/* A config region that is a file: what VFIO's pread() gives is what is in it. */
static int ask_region(size_t size)
{
	struct pciconf c = {.fd = memfd_create("config", MFD_CLOEXEC), .offset = 4096};
	int err;

	cr_assert_geq(c.fd, 0, "memfd_create");
	cr_assert_eq(pwrite(c.fd, cfg, size, (off_t)c.offset), (ssize_t)size, "pwrite");
	memset(&e, 0, sizeof(e));
	err = alive_region(&c, &t.roots, A, &e);
	close(c.fd);
	return err;
}

static void says(const char *words)
{
	cr_assert(strstr(e.text, words), "no '%s' in: %s", words, e.text);
	cr_assert_eq(e.exit, EXIT_ENVIRONMENT, "exit %d: %s", (int)e.exit, e.text);
}

static void die(void)
{
	memset(cfg, 0xff, sizeof(cfg));
}

static void power_state(const char *state)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/power_state", t.sysfs, A);
	f = fopen(path, "w");
	cr_assert_not_null(f, "%s", path);
	fprintf(f, "%s\n", state);
	fclose(f);
}

Test(alive, a_region_that_answers_is_alive)
{
	cr_assert_eq(ask_region(sizeof(cfg)), 0, "%s", e.text);
}

Test(alive, a_region_of_all_ones_is_gone)
{
	die();
	cr_assert_eq(ask_region(sizeof(cfg)), -ENODEV);
	says(A " does not answer: its configuration space reads all ones; it is in D3cold, was "
	       "lost by a reset");
	says("vfio-pci.disable_idle_d3=1");
	says("cold boot");
}

Test(alive, a_region_is_gone_though_the_kernel_keeps_the_ids_and_the_capability_bit)
{
	uint8_t begin[4];

	memcpy(begin, cfg, sizeof(begin));
	die();
	memcpy(cfg, begin, sizeof(begin));
	cfg[PCI_STATUS] &= (uint8_t)~PCI_STATUS_CAP_LIST;
	cr_assert_eq(ask_region(sizeof(cfg)), -ENODEV);
	says("all ones");
}

Test(alive, a_virtual_function_whose_ids_are_all_ones_is_alive)
{
	memset(cfg, 0xff, 4);
	cr_assert_eq(ask_region(sizeof(cfg)), 0, "%s", e.text);
}

Test(alive, a_strange_class_alone_is_no_death)
{
	memset(cfg + PCI_CLASS_REVISION, 0xff, 4);
	cr_assert_eq(ask_region(sizeof(cfg)), 0, "%s", e.text);
}

Test(alive, a_region_that_cannot_be_read_does_not_answer)
{
	cr_assert_eq(ask_region(PCI_STATUS), -EIO);
	says("cannot be read: Input/output error");
	says("disable_idle_d3=1");
}

Test(alive, the_power_state_is_named_where_the_kernel_tells_it)
{
	die();
	power_state("D3cold");
	cr_assert_eq(ask_region(sizeof(cfg)), -ENODEV);
	says("reads all ones, power_state is D3cold; it is");
}

static int open_it(void)
{
	struct vfio_config c = {.bdf = A, .sysfs = t.sysfs, .dev = t.dev};
	struct backend *be = NULL;

	tree_config(&t, A, cfg, sizeof(cfg));
	memset(&e, 0, sizeof(e));
	return vfio_open(&c, &be, &e);
}

/* What follows in the way of opening is the missing container node. */
Test(alive, a_dead_device_is_not_opened)
{
	tree_node(&t, "7");
	cr_assert_eq(open_it(), -ENOENT, "%s", e.text);
	says("/dev/vfio/vfio");
	die();
	cr_assert_eq(open_it(), -ENODEV, "%s", e.text);
	says(A " does not answer: its configuration space reads all ones");
}

Test(alive, a_dead_device_is_told_by_the_64_bytes_that_anybody_may_read)
{
	die();
	tree_config(&t, A, cfg, PCI_STD_HEADER_SIZEOF);
	cr_assert_eq(alive_sysfs(&t.roots, A, &e), -ENODEV);
}

Test(alive, what_sysfs_does_not_tell_is_no_death)
{
	die();
	cr_assert_eq(alive_sysfs(&t.roots, A, &e), 0);
	tree_config(&t, A, cfg, 8);
	cr_assert_eq(alive_sysfs(&t.roots, A, &e), 0);
}
