/* SPDX-License-Identifier: MIT */
#include "guest/arch.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guest/bytes.h"
#include "guest/initramfs.h"
#include "support/installed.h"
#include "support/version.h"

/*
 * loglevel=5: warnings reach the console, the chatter of a boot does not. panic=-1 with -no-reboot:
 * a panic ends QEMU at once. no_timer_check: on a busy host an emulated CPU may not see ten ticks
 * in the time that the kernel gives it, and "timer doesn't work" is a panic. resource_alignment:
 * ivshmem's first BAR has 256 bytes, and here would share its page with others, so that it could
 * not be mapped.
 */
#define APPEND_ALL "loglevel=5 panic=-1"
#define APPEND_X86 "console=ttyS0 " APPEND_ALL " no_timer_check intel_iommu=on"
#define APPEND_ARM "console=ttyAMA0 " APPEND_ALL " pci=resource_alignment=12@pci:1af4:1110"
/* Type1 takes no device whose messages are not remapped, unless it is told to. */
#define UNSAFE     " vfio_iommu_type1.allow_unsafe_interrupts=1"

#define PROGRAM "harness/cli/irqstorm" /* in a build folder */

static const struct guest_arch arches[] = {
	{
		.name = "amd64",
		.title = "x86-64",
		.image = "bzImage",
		.elf_machine = EM_X86_64,
		.preset = "release",
		.build = "./bootstrap build on an x86-64 machine",
		.kernel = "debian:6.12",
		.kvm = "as root: modprobe kvm_intel or kvm_amd, and virtualization enabled in the "
		       "firmware (or nested)",
		.fuzz = {"fuzz-bare", "zoo"},
		.qemu = "qemu-system-x86_64",
		.qemu_package = "qemu-system-x86",
		.qemu_variable = "IRQSTORM_QEMU",
		.cpu = "max",
		.cpu_kvm = "max",
		.smp_max = {64, 64},
		.machine = {"q35,kernel-irqchip=split", "q35,kernel-irqchip=split"},
		.iommu = {"intel-iommu,intremap=on", "intel-iommu,intremap=off"},
		.append = {APPEND_X86, APPEND_X86 UNSAFE},
		.channel = "/dev/ttyS1",
		.iommu_option = "CONFIG_INTEL_IOMMU",
	},
	{
		.name = "arm64",
		.title = "arm64",
		.image = "Image",
		.elf_machine = EM_AARCH64,
		.preset = "arm64",
		.build = "./bootstrap arm64",
		.kernel = "debian:6.12/arm64",
		.kvm = "the firmware has to start the kernel at EL2",
		.fuzz = {"arm64-fuzz-bare"},
		.qemu = "qemu-system-aarch64",
		.qemu_package = "qemu-system-arm",
		.qemu_variable = "IRQSTORM_QEMU_ARM64",
		/* "max" takes twice as long to boot. */
		.cpu = "cortex-a57",
		.cpu_kvm = "host",
		/* A GICv2, which comes with the GICv2m, has eight interfaces. */
		.smp_max = {64, 8},
		.machine = {"virt,gic-version=3,its=on,iommu=smmuv3",
			    "virt,gic-version=2,iommu=smmuv3"},
		.append = {APPEND_ARM, APPEND_ARM UNSAFE},
		.channel = "/dev/ttyS0",
		.channel_device = "pci-serial,bus=pcie.0,addr=0x1c",
		.iommu_option = "CONFIG_ARM_SMMU_V3",
	},
};

#define N_ARCHES (sizeof(arches) / sizeof(arches[0]))

const struct guest_arch *guest_arch_named(const char *name)
{
	for (size_t i = 0; i < N_ARCHES; i++) {
		if (!strcmp(arches[i].name, name))
			return &arches[i];
	}
	return NULL;
}

const struct guest_arch *guest_arch_own(void)
{
#if defined(__x86_64__)
	return guest_arch_named("amd64");
#elif defined(__aarch64__)
	return guest_arch_named("arm64");
#else
	return NULL;
#endif
}

const struct guest_arch *guest_arch_default(void)
{
	const struct guest_arch *own = guest_arch_own();

	return own ? own : guest_arch_named("amd64");
}

/* Host and guest speak to each other in frames that are one version's affair. */
static int check_version(const struct guest_arch *arch, const char *path, struct errmsg *e)
{
	struct bytes b = {0};
	int err = initramfs_program(&b, path, arch, true, e);

	if (!err && !memmem(b.data, b.len, irqstorm_version, strlen(irqstorm_version) + 1))
		err = errmsg_set(e, -ESTALE, EXIT_ENVIRONMENT,
				 "%s is not of this irqstorm's version, %s: %s builds it anew",
				 path, irqstorm_version, arch->build);
	bytes_free(&b);
	return err;
}

int guest_arch_program(const struct guest_arch *arch, char path[PATH_MAX], struct errmsg *e)
{
	struct bytes self = {0};
	char name[64];
	int err;

	if (arch == guest_arch_own()) {
		snprintf(path, PATH_MAX, "/proc/self/exe");
		err = initramfs_program(&self, path, arch, true, e);
		bytes_free(&self);
		return err;
	}
	snprintf(name, sizeof(name), "%s/" PROGRAM, arch->preset);
	if (!installed_sibling(name, path) || !installed_path(name, path))
		return check_version(arch, path, e);
	return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
			  "no irqstorm for %s guests: %s builds it (build/%s)", arch->title,
			  arch->build, name);
}
