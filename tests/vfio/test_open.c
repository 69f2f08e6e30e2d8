/* SPDX-License-Identifier: MIT */
/* vfio_open: each thing that can be wrong before a kernel is asked has its own line of advice. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"
#include "vfio/advice.h"
#include "vfio/vfio.h"

#define A "0000:00:03.0"
#define B "0000:00:04.0"

static struct tree t;
static struct errmsg e;

static void setup(void)
{
	tree_make(&t);
}

static void teardown(void)
{
	tree_remove(&t);
}

TestSuite(open, .init = setup, .fini = teardown);

static int try(const char *bdf, const char *trigger)
{
	struct vfio_config cfg = {.bdf = bdf, .trigger = trigger, .sysfs = t.sysfs, .dev = t.dev};
	struct backend *be = NULL;
	int err;

	memset(&e, 0, sizeof(e));
	err = vfio_open(&cfg, &be, &e);
	cr_assert(err < 0, "%s opened", bdf);
	cr_assert_null(be, "a backend from a failure");
	cr_assert(*e.text, "no message");
	cr_assert(!strchr(e.text, '\n'), "more than one line: %s", e.text);
	return err;
}

static void says(const char *text)
{
	cr_assert(strstr(e.text, text), "no '%s' in: %s", text, e.text);
}

static void fails(const char *bdf, const char *trigger, int want, enum exit_code code)
{
	int err = try(bdf, trigger);

	cr_assert_eq(err, want, "%s: %d, not %d: %s", bdf, err, want, e.text);
	cr_assert_eq(e.exit, code, "%s: exit %d: %s", bdf, (int)e.exit, e.text);
}

static void ivshmem(const char *bdf, const char *group)
{
	tree_device(&t, bdf, 0x1af4, 0x1110, "vfio-pci", group);
}

Test(open, malformed_address)
{
	fails("3.0", NULL, -EINVAL, EXIT_USAGE);
	says("vfio:3.0: not a PCI address");
	says("0000:00:03.0");
	fails("0000:00:03.9", NULL, -EINVAL, EXIT_USAGE);
}

Test(open, unknown_trigger)
{
	ivshmem(A, "7");
	fails(A, "doorbell", -EINVAL, EXIT_USAGE);
	says("trigger=doorbell: must be one of ivshmem, edu, e1000e, loopback");
}

Test(open, no_such_device)
{
	fails("00:03.0", NULL, -ENODEV, EXIT_ENVIRONMENT);
	says("no PCI device " A " in ");
	says("/sys/bus/pci/devices");
}

Test(open, another_driver)
{
	char want[256];

	tree_device(&t, A, 0x8086, 0x10d3, "e1000e", "7");
	fails(A, NULL, -ENODEV, EXIT_ENVIRONMENT);
	says(A " is bound to e1000e, not to vfio-pci");
	snprintf(want, sizeof(want),
		 "root: echo vfio-pci > %s/bus/pci/devices/%s/driver_override; ", t.sysfs, A);
	says(want);
	snprintf(want, sizeof(want), "echo %s > %s/bus/pci/devices/%s/driver/unbind; ", A, t.sysfs,
		 A);
	says(want);
	snprintf(want, sizeof(want), "echo %s > %s/bus/pci/drivers_probe", A, t.sysfs);
	says(want);
}

Test(open, no_driver)
{
	tree_device(&t, A, 0x8086, 0x10d3, NULL, "7");
	fails(A, NULL, -ENODEV, EXIT_ENVIRONMENT);
	says(A " is bound to no driver");
	cr_assert(!strstr(e.text, "unbind"), "there is nothing to unbind: %s", e.text);
	cr_assert(!strstr(e.text, "modprobe"), "the driver is there: %s", e.text);
	tree_drop(&t, "sys/bus/pci/drivers/vfio-pci");
	fails(A, NULL, -ENODEV, EXIT_ENVIRONMENT);
	says("modprobe vfio-pci; echo vfio-pci");
}

Test(open, no_iommu_group)
{
	tree_device(&t, A, 0x8086, 0x10d3, "e1000e", NULL);
	fails(A, NULL, -ENODEV, EXIT_ENVIRONMENT);
	says("in no IOMMU group");
	says("intel_iommu=on");
	says("amd_iommu=on");
}

Test(open, kernel_without_vfio)
{
	ivshmem(A, "7");
	fails(A, NULL, -ENOENT, EXIT_ENVIRONMENT);
	says("/dev/vfio/vfio");
	says("modprobe vfio-pci");
}

Test(open, kernel_with_iommufd_only)
{
	ivshmem(A, "7");
	tree_node(&t, "devices");
	fails(A, NULL, -ENOENT, EXIT_ENVIRONMENT);
	says("only ");
	says("CONFIG_VFIO_CONTAINER=y, or CONFIG_IOMMUFD_VFIO_CONTAINER=y");
}

Test(open, no_group_node)
{
	ivshmem(A, "7");
	tree_node(&t, "vfio");
	fails(A, NULL, -ENOENT, EXIT_ENVIRONMENT);
	says("/dev/vfio/7");
	says("IOMMU group 7");
}

Test(open, noiommu_node)
{
	ivshmem(A, "7");
	tree_node(&t, "vfio");
	tree_node(&t, "noiommu-7");
	fails(A, NULL, -ENOENT, EXIT_ENVIRONMENT);
	says("noiommu-7");
	says("not supported");
}

static void set_mode(const char *node, mode_t mode)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/vfio/%s", t.dev, node);
	cr_assert_eq(chmod(path, mode), 0, "chmod %s", path);
}

static void as_nobody(const char *node)
{
	char want[192];
	int err;

	set_mode(node, geteuid() ? 0 : 0600);
	if (!geteuid() && seteuid(65534)) {
		tree_remove(&t); /* a skipped test does not come to its teardown */
		cr_skip_test("root may open everything and cannot become nobody");
	}
	err = try(A, NULL);
	if (!getuid())
		cr_assert_eq(seteuid(0), 0, "seteuid");
	cr_assert_eq(err, -EACCES, "%d: %s", err, e.text);
	cr_assert_eq(e.exit, EXIT_ENVIRONMENT, "exit %d", (int)e.exit);
	snprintf(want, sizeof(want), "chown USER %s/vfio/%s", t.dev, node);
	says(want);
	says("udev");
}

Test(open, unreadable_group_node)
{
	ivshmem(A, "7");
	tree_node(&t, "vfio");
	tree_node(&t, "7");
	set_mode("vfio", 0666);
	as_nobody("7");
}

Test(open, unreadable_container_node)
{
	ivshmem(A, "7");
	tree_node(&t, "vfio");
	as_nobody("vfio");
}

Test(open, no_more_files)
{
	struct rlimit old, one_more;
	int next = dup(STDIN_FILENO);

	ivshmem(A, "7");
	tree_node(&t, "vfio");
	tree_node(&t, "7");
	cr_assert(next >= 0, "dup");
	close(next);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &old), 0, "getrlimit");
	one_more = old;
	/* one fd: for sysfs, given back, then for the container; none for the group */
	one_more.rlim_cur = (rlim_t)next + 1;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &one_more), 0, "setrlimit");
	fails(A, NULL, -EMFILE, EXIT_ENVIRONMENT);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &old), 0, "setrlimit");
	says("/dev/vfio/7");
	says("ulimit -n");
}

Test(open, a_node_that_is_no_vfio)
{
	ivshmem(A, "7");
	tree_node(&t, "vfio");
	tree_node(&t, "7");
	fails(A, NULL, -ENOTTY, EXIT_ENVIRONMENT);
	says("does not answer as VFIO");
}

Test(open, trigger_that_the_device_has_not)
{
	tree_device(&t, A, 0x8086, 0x10d3, "vfio-pci", "7");
	fails(A, "ivshmem", -ENODEV, EXIT_ENVIRONMENT);
	says("trigger ivshmem needs QEMU's ivshmem-doorbell (1af4:1110), " A " is 8086:10d3");
}

Test(open, auto_with_nothing_bound)
{
	tree_device(&t, A, 0x8086, 0x10d3, "e1000e", "7");
	fails("auto", NULL, -ENODEV, EXIT_ENVIRONMENT);
	says("no device is bound to vfio-pci");
	says("driver_override");
}

Test(open, auto_without_a_pci_bus)
{
	tree_drop(&t, "sys/bus");
	fails("auto", NULL, -ENOENT, EXIT_ENVIRONMENT);
	says("vfio:auto: cannot read");
}

/* What follows the choice tells which device it was. */
Test(open, auto_takes_the_only_one)
{
	tree_device(&t, A, 0x8086, 0x10d3, "e1000e", "7");
	tree_device(&t, B, 0x8086, 0x10d3, "vfio-pci", "8");
	tree_node(&t, "vfio");
	fails("auto", NULL, -ENOENT, EXIT_ENVIRONMENT);
	says("/dev/vfio/8");
	fails("auto", "loopback", -ENOENT, EXIT_ENVIRONMENT);
	says("/dev/vfio/8");
}

Test(open, auto_with_two)
{
	ivshmem(A, "7");
	tree_device(&t, B, 0x8086, 0x10d3, "vfio-pci", "8");
	tree_node(&t, "vfio");
	fails("auto", NULL, -ENODEV, EXIT_ENVIRONMENT);
	says("2 devices suit: " A " (1af4:1110, vfio-pci), " B " (8086:10d3, vfio-pci)");
	says("name one, like vfio:" A);
	fails("auto", "loopback", -ENODEV, EXIT_ENVIRONMENT);
	says("2 devices suit");
	fails("auto", "ivshmem", -ENOENT, EXIT_ENVIRONMENT);
	says("/dev/vfio/7");
}

Test(open, auto_with_none_of_the_wanted)
{
	tree_device(&t, A, 0x8086, 0x10d3, "vfio-pci", "7");
	fails("auto", "ivshmem", -ENODEV, EXIT_ENVIRONMENT);
	says("trigger ivshmem needs QEMU's ivshmem-doorbell (1af4:1110)");
	says(A " (8086:10d3, vfio-pci)");
}

Test(open, auto_leaves_out_what_cannot_interrupt)
{
	static const uint8_t mute[256];

	ivshmem(A, "7");
	tree_device(&t, B, 0x1234, 0x5678, "vfio-pci", "8");
	tree_config(&t, B, mute, sizeof(mute));
	tree_node(&t, "vfio");
	fails("auto", NULL, -ENOENT, EXIT_ENVIRONMENT);
	says("/dev/vfio/7");
	tree_config(&t, A, mute, sizeof(mute));
	fails("auto", NULL, -ENODEV, EXIT_ENVIRONMENT);
	says("no device bound to vfio-pci can interrupt");
}

Test(open, holder_is_found)
{
	char path[128];
	pid_t pid;
	int fd;

	tree_node(&t, "7");
	snprintf(path, sizeof(path), "%s/vfio/7", t.dev);
	cr_assert_eq(advice_holder(path), 0, "nobody has it open");
	fd = open(path, O_RDONLY);
	pid = advice_holder(path);
	cr_assert_eq(pid, getpid(), "%d", (int)pid);
	close(fd);
	cr_assert_eq(advice_holder("/nonexistent/7"), 0, "no such file");
}

/* What is said of a device that its group does not give: @words, and not @wrong. */
static void no_device(int err, const char *words, const char *wrong)
{
	struct pci_device dev;
	struct advice a;

	cr_assert(pci_read(&t.roots, A, &dev));
	advice_no_device(&t.roots, &dev, err, &a);
	cr_assert(strstr(a.why, words) || strstr(a.todo, words), "no '%s' in: %s; %s", words, a.why,
		  a.todo);
	cr_assert(!strstr(a.why, wrong) && !strstr(a.todo, wrong), "'%s' in: %s; %s", wrong, a.why,
		  a.todo);
	cr_assert(*a.why && *a.todo);
}

static void put(const char *leaf, const char *text)
{
	char path[192];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", t.sysfs, leaf);
	f = fopen(path, "w");
	cr_assert_not_null(f, "%s", path);
	fprintf(f, "%s\n", text);
	fclose(f);
}

Test(open, a_device_that_its_group_does_not_give)
{
	uint8_t cfg[64];

	ivshmem(A, "7");
	no_device(EMFILE, "ulimit -n", "dmesg");
	no_device(ENODEV, "just unbound", "dmesg");
	no_device(EBUSY, "/vfio/devices/vfioN is in use by another process", "dmesg");
	no_device(EACCES, "VF token", "dmesg");
	no_device(EIO, "disable_idle_d3=1 on the kernel command line avoids", "power_state");
	put("bus/pci/devices/" A "/power_state", "D3cold");
	no_device(EIO, "its power_state is D3cold", "dmesg");
	no_device(EIO, "disable_idle_d3=1", "dmesg");
	put("bus/pci/devices/" A "/power_state", "D0");
	no_device(EIO, "it is awake", "disable_idle_d3");
	memset(cfg, 0xff, sizeof(cfg));
	tree_config(&t, A, cfg, sizeof(cfg));
	no_device(EIO, A " does not answer: its configuration space reads all ones", "dmesg");
}

Test(open, a_group_that_the_iommu_refuses)
{
	struct pci_device dev;
	struct advice a;
	char command[200];

	ivshmem(A, "7");
	cr_assert(pci_read(&t.roots, A, &dev));
	advice_refused(&t.roots, &dev, &a);
	cr_assert(strstr(a.todo, "allow_unsafe_interrupts=1"), "%s", a.todo);
	cr_assert(strstr(a.todo, "on a test machine"), "%s", a.todo);
	snprintf(command, sizeof(command), "mkdir -p %s/module/vfio_iommu_type1/parameters",
		 t.sysfs);
	cr_assert_eq(system(command), 0);
	put("module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "Y");
	advice_refused(&t.roots, &dev, &a);
	cr_assert(strstr(a.todo, "RMRR"), "%s", a.todo);
	cr_assert(!strstr(a.todo, "allow_unsafe"), "it is allowed already: %s", a.todo);
}
