/* SPDX-License-Identifier: MIT */
/*
 * Whole machines, as people have them: what doctor says of each, and what opening the device says;
 * that it is the right thing, and that nothing else is advised with it.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"
#include "vfio/vfio.h"

#define NOBODY 65534
#define BDF    MACHINE_BDF
#define DEVICE "sys/bus/pci/devices/" BDF

/* Advice that is wrong on every machine but the one that it is meant for. */
#define BINDING  "bind", "driver_override", "modprobe"
#define KERNEL   "CONFIG_"
#define PASSING  "--device"
#define FIRMWARE "intel_iommu"
#define WAKING   "disable_idle_d3"

static struct machine m;

/* As machine_make() has it, with what a kernel of today shows beside that. */
static void setup(void)
{
	machine_make(&m);
	machine_put(&m, DEVICE "/vfio-dev/vfio0/dev", "511:0");
	machine_put(&m, "sys/class/misc/vfio/dev", "10:196");
	machine_put(&m, "sys/class/vfio/7/dev", "240:0");
	machine_put(&m, "proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw");
	machine_put(&m, "proc/swaps", "Filename Type Size Used Priority");
}

static void teardown(void)
{
	machine_remove(&m);
}

TestSuite(machines, .init = setup, .fini = teardown, .timeout = 60);

__attribute__((format(printf, 1, 2))) static void shell(const char *fmt, ...)
{
	char command[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	cr_assert_eq(system(command), 0, "%s", command);
}

/* /sys/class/@class/@name, a part of the device @bdf. */
static void part_of(const char *bdf, const char *class, const char *name)
{
	const char *s = m.tree.sysfs;

	shell("mkdir -p %s/class/%s %s/devices/pci0000:00/%s/%s/%s && "
	      "ln -s ../../devices/pci0000:00/%s/%s/%s %s/class/%s/%s",
	      s, class, s, bdf, class, name, bdf, class, name, s, class, name);
}

static void absent(const char *where, const char *text, const char *const wrong[])
{
	for (int i = 0; wrong[i]; i++)
		cr_assert_not(strstr(text, wrong[i]), "%s: '%s' in: %s", where, wrong[i], text);
}

/* Of the line @id: its mark, @words in it, and none of the words that follow, up to NULL. */
static void expect(const char *id, enum doctor_mark mark, const char *words, ...)
{
	const struct doctor_line *l = machine_line(&m, id);
	const char *wrong[16];
	char text[2 * sizeof(l->found) + 2];
	va_list ap;
	int n = 0;

	va_start(ap, words);
	while (n < 15 && (wrong[n] = va_arg(ap, const char *)))
		n++;
	va_end(ap);
	wrong[n] = NULL;
	snprintf(text, sizeof(text), "%s: %s", l->found, l->todo);
	cr_assert_eq(l->mark, mark, "%s: %s, %s", id, doctor_mark_names[l->mark], text);
	cr_assert(strstr(text, words), "%s: no '%s' in: %s", id, words, text);
	absent(id, text, wrong);
}

/* The same of what opening the device says. */
static void open_via(enum vfio_via via, const char *words, va_list ap)
{
	struct vfio_config cfg = {.bdf = BDF, .via = via, .sysfs = m.tree.sysfs, .dev = m.tree.dev};
	struct backend *be = NULL;
	struct errmsg e = {0};
	const char *wrong[16];
	int n = 0;

	while (n < 15 && (wrong[n] = va_arg(ap, const char *)))
		n++;
	wrong[n] = NULL;
	cr_assert_lt(vfio_open(&cfg, &be, &e), 0);
	cr_assert_eq(e.exit, EXIT_ENVIRONMENT, "exit %d: %s", (int)e.exit, e.text);
	cr_assert(strstr(e.text, words), "no '%s' in: %s", words, e.text);
	cr_assert_not(strchr(e.text, '\n'), "more than a line: %s", e.text);
	absent("open", e.text, wrong);
}

#define OPEN_SAYS(name, via)                                                                       \
	static void name(const char *words, ...)                                                   \
	{                                                                                          \
		va_list ap;                                                                        \
                                                                                                   \
		va_start(ap, words);                                                               \
		open_via(via, words, ap);                                                          \
		va_end(ap);                                                                        \
	}

OPEN_SAYS(open_says, VFIO_VIA_AUTO)
OPEN_SAYS(open_via_group_says, VFIO_VIA_GROUP)
OPEN_SAYS(open_via_cdev_says, VFIO_VIA_CDEV)

Test(machines, a_healthy_one_is_left_alone)
{
	machine_examine(&m);
	for (size_t i = 0; doctor_checks[i].id; i++)
		cr_assert_eq(m.d.line[i].mark, DOCTOR_OK, "%s: %s: %s", doctor_checks[i].id,
			     m.d.line[i].found, m.d.line[i].todo);
	cr_assert_str_eq(machine_line(&m, "devices")->todo, "");
}

Test(machines, an_idle_device_asleep_in_d3hot_is_as_it_should_be)
{
	uint8_t cfg[PCI_CFG_SPACE_SIZE] = {0xf4, 0x1a, 0x10, 0x11};

	cfg[PCI_INTERRUPT_PIN] = 1;
	tree_config(&m.tree, BDF, cfg, sizeof(cfg));
	machine_put(&m, DEVICE "/power_state", "D3hot");
	machine_examine(&m);
	expect("devices", DOCTOR_OK, BDF, WAKING, NULL);
}

Test(machines, a_virtual_function_that_its_vendors_driver_has_made_vfios)
{
	tree_drop(&m.tree, DEVICE "/driver");
	shell("mkdir -p %s/bus/pci/drivers/nvidia && rmdir %s/bus/pci/drivers/vfio-pci && "
	      "ln -s ../../../bus/pci/drivers/nvidia %s/bus/pci/devices/%s/driver",
	      m.tree.sysfs, m.tree.sysfs, m.tree.sysfs, BDF);
	machine_examine(&m);
	expect("devices", DOCTOR_OK, BDF, BINDING, NULL);
	expect("vfio_pci", DOCTOR_OK, BDF " is VFIO's by driver nvidia", BINDING, NULL);
	cr_assert_null(doctor_stopped(&m.d, DOCTOR_DEVICE));
	/* past the driver, up to the made node of the container */
	open_says("does not answer as VFIO", BINDING, NULL);
}

Test(machines, a_container_with_the_cdev_only)
{
	tree_drop(&m.tree, "dev/vfio/vfio");
	tree_drop(&m.tree, "dev/vfio/7");
	machine_examine(&m);
	expect("container", DOCTOR_NOTE, "open by their cdev here", BINDING, KERNEL, PASSING, NULL);
	expect("devices", DOCTOR_OK, BDF " by its cdev", BINDING, KERNEL, PASSING, FIRMWARE, NULL);
	expect("iommufd", DOCTOR_OK, "there, with 1 cdev: vfio0", NULL);
	cr_assert_null(doctor_stopped(&m.d, DOCTOR_DEVICE));
	/* past the choice, up to the made node */
	open_says("through its cdev: Inappropriate ioctl", BINDING, KERNEL, PASSING, NULL);
}

Test(machines, a_container_with_the_cdev_and_no_iommufd)
{
	tree_drop(&m.tree, "dev/vfio/vfio");
	tree_drop(&m.tree, "dev/vfio/7");
	tree_drop(&m.tree, "dev/iommu");
	machine_put(&m, "sys/class/misc/iommu/dev", "10:124");
	machine_examine(&m);
	expect("container", DOCTOR_NO, "the kernel has it, this container does not", BINDING,
	       KERNEL, NULL);
	expect("iommufd", DOCTOR_NOTE, "without which no cdev can be used: vfio0", BINDING, NULL);
	expect("devices", DOCTOR_NO, "/dev/iommu", BINDING, KERNEL, FIRMWARE, NULL);
	expect("devices", DOCTOR_NO, "start it with --device", NULL);
	open_says("the kernel has it, this container does not", BINDING, KERNEL, NULL);
}

Test(machines, a_container_with_the_group_only)
{
	tree_drop(&m.tree, "dev/vfio/devices");
	tree_drop(&m.tree, "dev/iommu");
	machine_examine(&m);
	expect("container", DOCTOR_OK, "Type1v2", NULL);
	expect("devices", DOCTOR_OK, BDF, "cdev", PASSING, NULL);
	expect("iommufd", DOCTOR_NOTE, "not needed", PASSING, NULL);
	open_says("does not answer as VFIO", PASSING, NULL);
	open_via_cdev_says("the kernel has it: in a container, start it with --device", KERNEL,
			   NULL);
}

Test(machines, a_container_with_the_container_node_and_the_cdev)
{
	tree_drop(&m.tree, "dev/vfio/7");
	machine_examine(&m);
	expect("container", DOCTOR_OK, "Type1v2", NULL);
	expect("devices", DOCTOR_OK, BDF " by its cdev", BINDING, KERNEL, PASSING, FIRMWARE, NULL);
}

Test(machines, a_container_with_the_container_node_alone)
{
	tree_drop(&m.tree, "dev/vfio/7");
	tree_drop(&m.tree, "dev/vfio/devices");
	tree_drop(&m.tree, "dev/iommu");
	machine_examine(&m);
	expect("container", DOCTOR_OK, "Type1v2", NULL);
	expect("devices", DOCTOR_NO, "the kernel has it, this container does not", BINDING, KERNEL,
	       FIRMWARE, NULL);
	open_says("--device", BINDING, KERNEL, FIRMWARE, NULL);
}

Test(machines, a_kernel_that_has_neither_groups_nor_containers)
{
	tree_drop(&m.tree, "dev/vfio/vfio");
	tree_drop(&m.tree, "dev/vfio/7");
	tree_drop(&m.tree, "sys/class/misc/vfio");
	tree_drop(&m.tree, "sys/class/vfio");
	machine_examine(&m);
	expect("container", DOCTOR_NOTE, "open by their cdev here", BINDING, PASSING, NULL);
	expect("devices", DOCTOR_OK, BDF " by its cdev", BINDING, PASSING, KERNEL, NULL);
	open_via_group_says("CONFIG_IOMMUFD_VFIO_CONTAINER=y", BINDING, PASSING, NULL);
	open_via_group_says("with via=cdev", BINDING, PASSING, NULL);
}

Test(machines, a_kernel_that_has_no_cdevs)
{
	tree_drop(&m.tree, "dev/vfio/devices");
	tree_drop(&m.tree, "dev/iommu");
	tree_drop(&m.tree, DEVICE "/vfio-dev/vfio0/dev");
	machine_examine(&m);
	expect("devices", DOCTOR_OK, BDF, "cdev", NULL);
	open_via_cdev_says("this kernel has no cdev of " BDF, BINDING, PASSING, NULL);
	open_via_cdev_says("irqstorm kernel build", BINDING, PASSING, NULL);
}

/* A process that has the file @path below /dev open, until it is killed. */
static pid_t hold(const char *path)
{
	char where[256], byte;
	int ready[2];
	pid_t pid;

	snprintf(where, sizeof(where), "%s/%s", m.tree.dev, path);
	cr_assert_eq(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		/* Not beyond a check that fails. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (open(where, O_RDWR) < 0)
			_exit(1);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(0);
	}
	close(ready[1]);
	cr_assert_eq(read(ready[0], &byte, 1), 1, "%s was not opened", where);
	close(ready[0]);
	return pid;
}

static void let_go(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* By whichever node it is held, and by whichever it would be opened. */
Test(machines, a_device_that_another_process_has)
{
	static const char *const nodes[] = {"vfio/7", "vfio/devices/vfio0"};

	for (int gone = 0; gone < 2; gone++) {
		for (size_t i = (size_t)gone; i < 2; i++) {
			char words[80];
			pid_t pid = hold(nodes[i]);

			snprintf(words, sizeof(words), "/%s is in use by process %d", nodes[i],
				 (int)pid);
			machine_examine(&m);
			expect("devices", DOCTOR_NO, words, BINDING, KERNEL, PASSING, NULL);
			if (i) {
				snprintf(words, sizeof(words), "vfio0 (process %d has it)",
					 (int)pid);
				expect("iommufd", DOCTOR_OK, words, NULL);
			}
			let_go(pid);
			machine_examine(&m);
			expect("devices", DOCTOR_OK, BDF, "in use", NULL);
		}
		if (!gone) {
			machine_remove(&m);
			setup();
			tree_drop(&m.tree, "dev/vfio/vfio");
			tree_drop(&m.tree, "dev/vfio/7");
		}
	}
}

Test(machines, a_neighbour_in_the_group_that_another_process_has_by_its_cdev)
{
	pid_t pid;

	tree_device(&m.tree, "0000:00:04.1", 0x8086, 0x10d3, "vfio-pci", "7");
	machine_put(&m, "sys/bus/pci/devices/0000:00:04.1/vfio-dev/vfio1/dev", "511:1");
	machine_put(&m, "dev/vfio/devices/vfio1", "");
	pid = hold("vfio/devices/vfio1");
	machine_examine(&m);
	expect("devices", DOCTOR_NO, "none can be used: " BDF, NULL);
	expect("devices", DOCTOR_NO, "devices/vfio1 is in use by process", NULL);
	let_go(pid);
}

Test(machines, a_group_that_holds_the_disk_the_host_runs_from)
{
	tree_device(&m.tree, "0000:00:1f.2", 0x8086, 0x2922, "ahci", "7");
	part_of("0000:00:1f.2", "block", "sda");
	part_of("0000:00:1f.2", "block", "sda1");
	machine_put(&m, "sys/class/block/sda1/dev", "8:1");
	machine_examine(&m);
	expect("devices", DOCTOR_NO, "ahci has 0000:00:1f.2", BINDING, PASSING, KERNEL, NULL);
	expect("devices", DOCTOR_NO, "would stop the host", NULL);
	expect("devices", DOCTOR_NO, "0000:00:1f.2: disk sda1 is in use", NULL);
}

Test(machines, a_group_that_holds_swap_a_volume_an_interface_or_the_display)
{
	static const struct {
		const char *class, *name, *file, *text, *says;
	} cases[] = {
		{"block", "sdb", "proc/swaps", "/dev/sdb partition 1 0 -2", "disk sdb is in use"},
		{"block", "sdc", "sys/class/block/sdc/holders/dm-0/dev", "253:0",
		 "disk sdc is in use"},
		{"net", "eth7", "sys/class/net/eth7/operstate", "up", "interface eth7 is up"},
		{"drm", "card0", "sys/bus/pci/devices/0000:00:1f.3/boot_vga", "1", "display"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (i) {
			machine_remove(&m);
			setup();
		}
		tree_device(&m.tree, "0000:00:1f.3", 0x8086, 0x2922, "host-driver", "7");
		part_of("0000:00:1f.3", cases[i].class, cases[i].name);
		machine_put(&m, cases[i].file, cases[i].text);
		machine_examine(&m);
		expect("devices", DOCTOR_NO, cases[i].says, BINDING, NULL);
		expect("devices", DOCTOR_NO, "would stop the host", NULL);
	}
}

Test(machines, a_group_with_a_device_that_the_host_can_do_without)
{
	tree_device(&m.tree, "0000:00:04.1", 0x8086, 0x10d3, "e1000e", "7");
	tree_device(&m.tree, "0000:00:02.0", 0x8086, 0x3420, "pcieport", "7");
	part_of("0000:00:04.1", "net", "eth1");
	machine_put(&m, "sys/class/net/eth1/operstate", "down");
	machine_examine(&m);
	expect("devices", DOCTOR_NO, "e1000e has 0000:00:04.1", "pcieport", PASSING, KERNEL,
	       "would stop the host", NULL);
	expect("devices", DOCTOR_NO, "if the host can do without them", NULL);
}

Test(machines, one_in_no_iommu_mode)
{
	char was[192], now[192];

	tree_drop(&m.tree, "dev/vfio/7");
	tree_node(&m.tree, "noiommu-7");
	machine_put(&m, "dev/vfio/devices/noiommu-vfio0", "");
	machine_put(&m, "sys/kernel/iommu_groups/7/name", "vfio-noiommu");
	machine_examine(&m);
	expect("iommu_groups", DOCTOR_NO, "no-IOMMU mode, which is not supported", NULL);
	expect("devices", DOCTOR_NO, "VFIO without an IOMMU is not supported", BINDING, PASSING,
	       KERNEL, NULL);
	open_says("VFIO without an IOMMU is not supported", BINDING, PASSING, KERNEL, NULL);
	/* 7.3 has cdevs of such devices, too. */
	snprintf(was, sizeof(was), "%s/" DEVICE "/vfio-dev/vfio0", m.tree.root);
	snprintf(now, sizeof(now), "%s/" DEVICE "/vfio-dev/noiommu-vfio0", m.tree.root);
	cr_assert_eq(rename(was, now), 0, "%s", was);
	open_via_cdev_says("without an IOMMU", BINDING, PASSING, KERNEL, NULL);
}

Test(machines, a_device_that_reads_as_all_ones)
{
	uint8_t cfg[PCI_CFG_SPACE_SIZE];

	memset(cfg, 0xff, sizeof(cfg));
	tree_config(&m.tree, BDF, cfg, sizeof(cfg));
	machine_put(&m, DEVICE "/power_state", "D3cold");
	machine_examine(&m);
	expect("devices", DOCTOR_NO, "does not answer: its configuration space reads all ones",
	       BINDING, PASSING, KERNEL, NULL);
	expect("devices", DOCTOR_NO, "vfio-pci.disable_idle_d3=1, or cold", NULL);
	open_says("power_state is D3cold", BINDING, PASSING, KERNEL, NULL);
}

Test(machines, a_group_without_a_node_on_a_kernel_that_does_not_tell_why)
{
	tree_drop(&m.tree, "dev/vfio/7");
	tree_drop(&m.tree, DEVICE "/vfio-dev");
	tree_drop(&m.tree, "sys/class/vfio");
	machine_examine(&m);
	expect("devices", DOCTOR_NO, "in IOMMU group 7 and vfio-pci has it", "bind ", "modprobe",
	       KERNEL, NULL);
	open_says("udev", "bind ", "modprobe", KERNEL, NULL);
}

Test(machines, a_device_that_somebody_else_has_open)
{
	static const char *const nodes[] = {"dev/vfio/7", "dev/vfio/devices/vfio0"};

	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		char path[128];
		int fd;

		snprintf(path, sizeof(path), "%s/%s", m.tree.root, nodes[i]);
		fd = open(path, O_RDONLY);
		cr_assert_geq(fd, 0, "%s", path);
		machine_examine(&m);
		expect("devices", DOCTOR_NO, nodes[i], BINDING, PASSING, "chown", NULL);
		expect("devices", DOCTOR_NO, "is in use by this very process", NULL);
		close(fd);
	}
}

Test(machines, a_user_who_may_not_open_the_group)
{
	if (geteuid())
		cr_skip_test("needs root, to become somebody else");
	shell("chmod 666 %s/vfio/vfio && chmod 600 %s/vfio/7", m.tree.dev, m.tree.dev);
	cr_assert_eq(seteuid(NOBODY), 0, "seteuid");
	machine_examine(&m);
	expect("devices", DOCTOR_NO, "chown USER", BINDING, PASSING, KERNEL, NULL);
	open_says("chown USER", BINDING, PASSING, KERNEL, NULL);
	cr_assert_eq(seteuid(0), 0, "seteuid");
}

Test(machines, a_device_that_the_host_needs_is_not_to_be_unbound)
{
	tree_drop(&m.tree, DEVICE "/driver");
	tree_drop(&m.tree, DEVICE "/vfio-dev");
	shell("mkdir -p %s/bus/pci/drivers/nvme && "
	      "ln -s ../../../bus/pci/drivers/nvme %s/bus/pci/devices/%s/driver",
	      m.tree.sysfs, m.tree.sysfs, BDF);
	part_of(BDF, "net", "eth0");
	machine_put(&m, "sys/class/net/eth0/operstate", "up");
	open_says("the host needs it (network interface eth0 is up)", "unbind", "driver_override",
		  NULL);
	machine_put(&m, "sys/class/net/eth0/operstate", "down");
	open_says("if the host can do without it, as root: ", "needs it", NULL);
}

Test(machines, a_device_outside_of_the_iommu_is_told_from_a_machine_without_one)
{
	tree_drop(&m.tree, DEVICE "/iommu_group");
	open_says("is in no IOMMU group, others are", FIRMWARE "=on", BINDING, NULL);
	tree_drop(&m.tree, "sys/kernel/iommu_groups/7");
	open_says("the machine has no IOMMU, or it is off", BINDING, NULL);
}
