/* SPDX-License-Identifier: MIT */
/* doctor: a machine with everything, and each lack: what is said of it, and what it stops. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest/arch.h"
#include "machine.h"

#define NOBODY 65534

static struct machine m;

static void setup(void)
{
	machine_make(&m);
}

static void teardown(void)
{
	machine_remove(&m);
}

TestSuite(doctor, .init = setup, .fini = teardown, .timeout = 60);

/* Examine, and find @id so marked; @words are in what is said. */
static void expect(const char *id, enum doctor_mark mark, const char *words)
{
	const struct doctor_line *l;

	machine_examine(&m);
	l = machine_line(&m, id);
	cr_assert_eq(l->mark, mark, "%s: %s, %s: %s", id, doctor_mark_names[l->mark], l->found,
		     l->todo);
	cr_assert(strstr(l->found, words) || strstr(l->todo, words), "%s: no '%s' in %s: %s", id,
		  words, l->found, l->todo);
	cr_assert(mark != DOCTOR_NO || *l->todo, "%s: a no that does not say what to do", id);
}

/* Exactly the uses of @mask are stopped. */
static void expect_stopped(uint32_t mask)
{
	for (int use = 0; use < DOCTOR_USES; use++)
		cr_assert_eq(!!doctor_stopped(&m.d, (enum doctor_use)use), mask >> use & 1, "%s",
			     doctor_use_names[use]);
}

Test(doctor, finds_every_thing_on_a_machine_that_has_it)
{
	machine_examine(&m);
	for (size_t i = 0; doctor_checks[i].id; i++)
		cr_assert_eq(m.d.line[i].mark, DOCTOR_OK, "%s: %s: %s", doctor_checks[i].id,
			     m.d.line[i].found, m.d.line[i].todo);
	expect_stopped(0);
	cr_assert_not(m.d.noisy, "10 us late is quiet");
}

Test(doctor, tells_when_nothing_works_for_want_of_eventfds)
{
	m.answers->eventfd = -EMFILE;
	expect("eventfd", DOCTOR_NO, strerror(EMFILE));
	expect_stopped(DOCTOR_STOPS_ALL);
}

Test(doctor, names_the_sysctl_that_disables_io_uring)
{
	m.answers->uring = -EPERM;
	machine_put(&m, "proc/sys/kernel/io_uring_disabled", "2");
	expect("io_uring", DOCTOR_NO, "kernel.io_uring_disabled is 2");
	expect_stopped(0);
}

Test(doctor, names_the_group_that_may_use_io_uring)
{
	m.answers->uring = -EPERM;
	machine_put(&m, "proc/sys/kernel/io_uring_disabled", "1");
	expect("io_uring", DOCTOR_NO, "io_uring_group");
}

Test(doctor, suspects_a_seccomp_filter_when_no_sysctl_forbids_io_uring)
{
	m.answers->uring = -EPERM;
	expect("io_uring", DOCTOR_NO, "seccomp");
}

Test(doctor, tells_a_kernel_without_io_uring)
{
	m.answers->uring = -ENOSYS;
	tree_drop(&m.tree, "proc/sys/kernel/io_uring_disabled");
	expect("io_uring", DOCTOR_NO, "CONFIG_IO_URING");
}

Test(doctor, notes_a_kernel_without_multishot_read)
{
	m.answers->found.multishot_read = false;
	expect("io_uring", DOCTOR_NOTE, "6.7");
}

Test(doctor, tells_a_membarrier_that_is_forbidden)
{
	m.answers->membarrier = -ENOSYS;
	expect("membarrier", DOCTOR_NO, "swap-fenced");
	expect_stopped(0);
}

Test(doctor, tells_a_membarrier_without_the_global_command)
{
	m.answers->membarrier = MEMBARRIER_CMD_PRIVATE_EXPEDITED;
	expect("membarrier", DOCTOR_NO, "nohz_full");
}

Test(doctor, tells_when_no_storm_has_enough_open_files)
{
	m.answers->files = 256;
	expect("open_files", DOCTOR_NO, "32 vectors");
	expect_stopped(DOCTOR_STOPS_ALL);
}

Test(doctor, notes_a_limit_on_open_files_that_large_storms_meet)
{
	m.answers->files = 4096;
	expect("open_files", DOCTOR_NOTE, "992 vectors");
	expect_stopped(0);
}

Test(doctor, notes_little_lockable_memory)
{
	m.answers->memlock = 65536;
	expect("locked_memory", DOCTOR_NOTE, "65,536");
}

Test(doctor, notes_a_single_cpu)
{
	m.answers->cpus = 1;
	expect("cpus", DOCTOR_NOTE, "taskset");
}

Test(doctor, tells_a_slow_clock)
{
	machine_put(&m, "sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet");
	expect("clock", DOCTOR_NO, "hpet");
}

Test(doctor, calls_a_machine_noisy_by_its_p99)
{
	m.answers->late_ns = 300000;
	m.answers->late_max_ns = 300000;
	expect("noise", DOCTOR_NOTE, "noisy");
	cr_assert(m.d.noisy);
}

Test(doctor, calls_a_machine_noisy_by_a_single_stall)
{
	m.answers->late_max_ns = 9000000;
	expect("noise", DOCTOR_NOTE, "9.00 ms");
	cr_assert(m.d.noisy);
}

Test(doctor, tells_a_folder_that_cannot_be_written)
{
	m.answers->disk = -EROFS;
	expect("results", DOCTOR_NO, strerror(EROFS));
	expect("tmpdir", DOCTOR_NO, "set TMPDIR");
	expect_stopped(0);
}

Test(doctor, tells_a_full_disk)
{
	m.answers->space = 20000000;
	expect("results", DOCTOR_NO, "20 MB left");
}

Test(doctor, tells_a_machine_without_iommu)
{
	tree_drop(&m.tree, "sys/kernel/iommu_groups/7");
	expect("iommu_groups", DOCTOR_NO, "intel_iommu=on");
	expect_stopped(DOCTOR_STOPS(DOCTOR_DEVICE));
}

Test(doctor, tells_a_machine_without_interrupt_remapping)
{
	machine_put(&m, "proc/interrupts", " 24:   5  PCI-MSIX-0000:00:03.0  0-edge  virtio0");
	expect("remapping", DOCTOR_NO, "allow_unsafe_interrupts=1");
	expect_stopped(DOCTOR_STOPS(DOCTOR_DEVICE));
}

Test(doctor, notes_a_machine_that_goes_on_without_remapping)
{
	machine_put(&m, "proc/interrupts", " 24:   5  PCI-MSIX-0000:00:03.0  0-edge  virtio0");
	machine_put(&m, "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "Y");
	expect("remapping", DOCTOR_NOTE, "told to go on");
	expect("unsafe_interrupts", DOCTOR_NOTE, "test machines");
	expect_stopped(0);
}

Test(doctor, notes_that_the_type1_module_is_not_loaded)
{
	tree_drop(&m.tree, "sys/module/vfio_iommu_type1");
	expect("unsafe_interrupts", DOCTOR_NOTE, "not loaded");
}

Test(doctor, tells_that_vfio_pci_is_not_loaded)
{
	tree_drop(&m.tree, "sys/bus/pci/drivers/vfio-pci");
	expect("vfio_pci", DOCTOR_NO, "modprobe vfio-pci");
	expect_stopped(DOCTOR_STOPS(DOCTOR_DEVICE));
}

Test(doctor, takes_a_variant_driver_for_vfio_pci)
{
	tree_drop(&m.tree, "sys/bus/pci/drivers/vfio-pci");
	machine_put(&m, "sys/bus/pci/drivers/mlx5-vfio-pci/bind", "");
	expect("vfio_pci", DOCTOR_OK, "mlx5-vfio-pci");
}

Test(doctor, tells_a_kernel_without_vfio)
{
	tree_drop(&m.tree, "dev/vfio");
	expect("container", DOCTOR_NO, "modprobe vfio-pci");
	expect_stopped(DOCTOR_STOPS(DOCTOR_DEVICE));
}

Test(doctor, tells_a_kernel_that_has_vfio_by_iommufd_only)
{
	tree_drop(&m.tree, "dev/vfio/vfio");
	expect("container", DOCTOR_NO, "CONFIG_VFIO_CONTAINER");
}

Test(doctor, tells_a_user_that_may_not_open_vfio_and_kvm)
{
	if (geteuid())
		cr_skip_test("needs root, to become somebody else");
	cr_assert_eq(seteuid(NOBODY), 0, "seteuid");
	expect("container", DOCTOR_NO, "run as root");
	expect("devices", DOCTOR_NO, strerror(EACCES));
	expect("kvm", DOCTOR_NO, "usermod -aG kvm");
	cr_assert_eq(seteuid(0), 0, "seteuid");
}

Test(doctor, tells_a_container_node_of_something_else)
{
	m.answers->vfio_api = -ENOTTY;
	expect("container", DOCTOR_NO, "not the one of this kernel's VFIO");
}

Test(doctor, tells_vfio_without_a_type1_iommu)
{
	m.answers->vfio_type = VFIO_SPAPR_TCE_v2_IOMMU;
	expect("container", DOCTOR_NO, "sPAPR");
	expect_stopped(DOCTOR_STOPS(DOCTOR_DEVICE));
}

Test(doctor, does_not_ask_for_an_iommufd)
{
	tree_drop(&m.tree, "dev/iommu");
	expect("iommufd", DOCTOR_NOTE, "not needed");
	expect_stopped(0);
}

Test(doctor, tells_that_no_device_is_bound_to_vfio_pci)
{
	tree_drop(&m.tree, "sys/bus/pci/devices/" MACHINE_BDF "/driver");
	expect("devices", DOCTOR_NO, "bind a device");
	expect_stopped(DOCTOR_STOPS(DOCTOR_DEVICE));
}

Test(doctor, names_who_keeps_a_group_from_being_viable)
{
	tree_device(&m.tree, "0000:00:04.1", 0x8086, 0x10d3, "e1000e", "7");
	expect("devices", DOCTOR_NO, "e1000e has 0000:00:04.1");
	expect_stopped(DOCTOR_STOPS(DOCTOR_DEVICE));
}

Test(doctor, lets_a_bridge_and_an_unbound_device_be_in_the_group)
{
	tree_device(&m.tree, "0000:00:04.1", 0x8086, 0x10d3, NULL, "7");
	tree_device(&m.tree, "0000:00:02.0", 0x8086, 0x3420, "pcieport", "7");
	expect("devices", DOCTOR_OK, MACHINE_BDF);
}

Test(doctor, tells_a_group_without_a_node)
{
	tree_drop(&m.tree, "dev/vfio/7");
	expect("devices", DOCTOR_NO, "/dev/vfio/7");
}

Test(doctor, tells_a_device_that_has_no_interrupt)
{
	const uint8_t config[PCI_CFG_SPACE_SIZE] = {0};

	tree_config(&m.tree, MACHINE_BDF, config, sizeof(config));
	expect("devices", DOCTOR_NO, "no interrupt");
}

Test(doctor, notes_the_device_that_cannot_be_used_beside_one_that_can)
{
	tree_device(&m.tree, "0000:00:05.0", 0x1234, 0x11e8, "vfio-pci", "8");
	expect("devices", DOCTOR_NOTE, "/dev/vfio/8");
	expect_stopped(0);
}

Test(doctor, tells_that_qemu_is_missing)
{
	char path[64];

	snprintf(path, sizeof(path), "bin/%s", guest_arch_own()->qemu);
	tree_drop(&m.tree, path);
	expect("qemu", DOCTOR_NO, guest_arch_own()->qemu_package);
	expect_stopped(DOCTOR_STOPS(DOCTOR_GUEST));
}

Test(doctor, tells_a_qemu_that_is_none)
{
	machine_program(&m, guest_arch_own()->qemu, "hello");
	expect("qemu", DOCTOR_NO, "does not tell a version");
}

Test(doctor, notes_a_qemu_older_than_any_that_was_tried)
{
	machine_program(&m, guest_arch_own()->qemu, "QEMU emulator version 6.2.0");
	expect("qemu", DOCTOR_NOTE, "7.2 is the oldest");
	expect_stopped(0);
}

Test(doctor, says_what_an_older_qemu_costs)
{
	machine_program(&m, guest_arch_own()->qemu, "QEMU emulator version 7.2.22 (Debian)");
	expect("qemu", DOCTOR_OK, "one CPU");
}

Test(doctor, tells_a_machine_without_kvm_and_lets_guests_be_emulated)
{
	tree_drop(&m.tree, "dev/kvm");
	expect("kvm", DOCTOR_NO, "slower");
	expect_stopped(0);
}

Test(doctor, tells_a_kvm_that_makes_no_machine)
{
	m.answers->kvm_vm = -EIO;
	expect("kvm", DOCTOR_NO, strerror(EIO));
}

Test(doctor, tells_a_kvm_that_failed_to_boot_a_guest)
{
	char boot[64] = "", text[80];
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");

	cr_assert_not_null(f, "boot_id");
	cr_assert_eq(fscanf(f, "%63s", boot), 1, "boot_id");
	fclose(f);
	snprintf(text, sizeof(text), "%s tcg", boot);
	machine_put(&m, "cache/irqstorm/accel", text);
	expect("kvm", DOCTOR_NO, "trial boot of a guest failed");
	expect_stopped(0);
}

Test(doctor, tells_a_kvm_node_of_something_else)
{
	m.answers->kvm_api = -ENOTTY;
	expect("kvm", DOCTOR_NO, "does not answer as KVM");
}

Test(doctor, notes_that_kernels_are_still_to_be_fetched)
{
	tree_drop(&m.tree, "cache/irqstorm/kernels/linux-image-6.12.1_1/vmlinuz");
	expect("kernels", DOCTOR_NOTE, "fetches one");
}

Test(doctor, tells_when_kernels_can_neither_be_found_nor_fetched)
{
	tree_drop(&m.tree, "cache/irqstorm");
	tree_drop(&m.tree, "bin/apt-get");
	expect("kernels", DOCTOR_NO, "--kernel PATH");
	expect_stopped(0);
}

Test(doctor, tells_that_xz_is_missing)
{
	tree_drop(&m.tree, "bin/xz");
	expect("unpack", DOCTOR_NOTE, "kernels in the cache work");
	expect_stopped(0);
}

Test(doctor, tells_that_no_kernel_can_be_had_without_xz)
{
	tree_drop(&m.tree, "bin/xz");
	tree_drop(&m.tree, "cache/irqstorm");
	expect("unpack", DOCTOR_NO, "xz-utils");
	expect_stopped(DOCTOR_STOPS(DOCTOR_GUEST));
}

Test(doctor, tells_that_clang_is_missing)
{
	tree_drop(&m.tree, "bin/clang");
	expect("libfuzzer", DOCTOR_NO, "apt-get install clang");
	expect_stopped(DOCTOR_STOPS(DOCTOR_CAMPAIGN));
}

Test(doctor, tells_a_clang_without_libfuzzer)
{
	tree_drop(&m.tree, "lib/libfuzzer.a");
	expect("libfuzzer", DOCTOR_NO, "libclang-rt-14-dev");
	expect_stopped(DOCTOR_STOPS(DOCTOR_CAMPAIGN));
}

Test(doctor, tells_the_libfuzzer_of_the_clang_that_is_there)
{
	machine_program(&m, "clang", "Debian clang version 19.1.7 (3+b1)");
	expect("libfuzzer", DOCTOR_NO, "apt-get install libclang-rt-19-dev");
}

Test(doctor, tells_that_afl_is_missing_and_leaves_libfuzzer)
{
	tree_drop(&m.tree, "bin/afl-fuzz");
	expect("afl", DOCTOR_NO, "afl++");
	expect_stopped(0);
}
