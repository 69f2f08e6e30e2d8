/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/kvm.h>
#include <linux/membarrier.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "guest/arch.h"

#define UNSAFE "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"

/* The answers of doctor_ops have no argument of ours to come through. */
static struct answers answers;

static int answer_eventfd(void)
{
	return answers.eventfd;
}

static int answer_uring(struct doctor_uring *found)
{
	*found = answers.found;
	return answers.uring;
}

static int answer_membarrier(void)
{
	return answers.membarrier;
}

static int answer_limit(int resource, uint64_t *soft, uint64_t *hard)
{
	*soft = *hard = resource == RLIMIT_NOFILE ? answers.files : answers.memlock;
	return 0;
}

static int answer_cpus(void)
{
	return answers.cpus;
}

static int answer_disk(const char *dir, uint64_t *bytes)
{
	cr_assert_not_null(dir, "a folder is asked for");
	*bytes = answers.space;
	return answers.disk;
}

static int answer_ask(int fd, unsigned long request, unsigned long arg)
{
	cr_assert_geq(fd, 0, "an open file is asked");
	switch (request) {
	case VFIO_GET_API_VERSION:
		return answers.vfio_api;
	case VFIO_CHECK_EXTENSION:
		return arg == (unsigned long)answers.vfio_type;
	case KVM_GET_API_VERSION:
		return answers.kvm_api;
	case KVM_CREATE_VM:
		/* the number of no file: what closes it does no harm */
		return answers.kvm_vm;
	default:
		return -ENOTTY;
	}
}

static void answer_sleeper(struct hist *late)
{
	hist_record_n(late, answers.late_ns, 999);
	hist_record(late, answers.late_max_ns);
}

static const struct doctor_ops ops = {
	.eventfd = answer_eventfd,
	.uring = answer_uring,
	.membarrier = answer_membarrier,
	.limit = answer_limit,
	.cpus = answer_cpus,
	.disk = answer_disk,
	.ask = answer_ask,
	.sleeper = answer_sleeper,
};

void machine_put(struct machine *m, const char *path, const char *text)
{
	char where[256];
	FILE *f;

	snprintf(where, sizeof(where), "%s/%s", m->tree.root, path);
	tree_folder("%.*s", (int)(strrchr(where, '/') - where), where);
	f = fopen(where, "w");
	cr_assert_not_null(f, "%s", where);
	fprintf(f, "%s\n", text);
	fclose(f);
}

void machine_program(struct machine *m, const char *name, const char *text)
{
	char path[64], where[256], script[256];

	snprintf(path, sizeof(path), "bin/%s", name);
	snprintf(script, sizeof(script), "#!/bin/sh\necho '%s'", text);
	machine_put(m, path, script);
	snprintf(where, sizeof(where), "%s/%s", m->tree.root, path);
	cr_assert_eq(chmod(where, 0755), 0, "%s", where);
}

/* Says its version, and where its libFuzzer is. */
static void make_clang(struct machine *m)
{
	char script[256];

	machine_put(m, "lib/libfuzzer.a", "");
	snprintf(script, sizeof(script),
		 "#!/bin/sh\ncase $1 in --version) echo clang version 14 ;; *) echo "
		 "%s/lib/libfuzzer.a ;; esac",
		 m->tree.root);
	machine_program(m, "clang", "");
	machine_put(m, "bin/clang", script);
}

void machine_make(struct machine *m)
{
	static const char *const programs[] = {"xz", "apt-get", "dpkg-deb", "afl-fuzz",
					       "afl-clang-fast"};

	memset(m, 0, sizeof(*m));
	tree_make(&m->tree);
	tree_device(&m->tree, MACHINE_BDF, 0x1af4, 0x1110, "vfio-pci", "7");
	tree_node(&m->tree, "vfio");
	tree_node(&m->tree, "7");
	machine_put(m, "dev/vfio/devices/vfio0", "");
	machine_put(m, "dev/kvm", "");
	machine_put(m, "dev/iommu", "");
	machine_put(m, UNSAFE, "N");
	machine_put(m, "proc/interrupts",
		    "           CPU0\n 24:   5  IR-PCI-MSIX-0000:00:03.0  0-edge  virtio0");
	machine_put(m, "proc/sys/kernel/io_uring_disabled", "0");
	machine_put(m, "sys/devices/system/cpu/online", "0-3");
	machine_put(m, "sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc");
	machine_put(m, "cache/irqstorm/kernels/linux-image-6.12.1_1/vmlinuz", "");
	machine_program(m, guest_arch_own()->qemu, "QEMU emulator version 8.2.1 (Debian)");
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		machine_program(m, programs[i], "");
	make_clang(m);
	answers = (struct answers){
		.membarrier = MEMBARRIER_CMD_GLOBAL,
		.cpus = 4,
		.found = {.defer_taskrun = true, .multishot_read = true},
		.files = 1 << 20,
		.memlock = UINT64_MAX,
		.space = 50000000000,
		.vfio_api = VFIO_API_VERSION,
		.vfio_type = VFIO_TYPE1v2_IOMMU,
		.kvm_api = KVM_API_VERSION,
		.kvm_vm = 100000,
		.late_ns = 10000,
		.late_max_ns = 50000,
	};
	m->answers = &answers;
	m->d.root = m->tree.root;
	m->d.out = "results";
	m->d.ops = &ops;
}

void machine_remove(struct machine *m)
{
	setenv("PATH", "/usr/bin:/bin", 1);
	tree_remove(&m->tree);
}

void machine_examine(struct machine *m)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/cache", m->tree.root);
	setenv("XDG_CACHE_HOME", path, 1);
	snprintf(path, sizeof(path), "%s/bin", m->tree.root);
	setenv("PATH", path, 1);
	unsetenv("IRQSTORM_QEMU");
	unsetenv("TMPDIR");
	doctor_examine(&m->d);
}

const struct doctor_line *machine_line(const struct machine *m, const char *id)
{
	for (size_t i = 0; doctor_checks[i].id; i++) {
		if (!strcmp(doctor_checks[i].id, id))
			return &m->d.line[i];
	}
	cr_assert_fail("no check %s", id);
	return NULL;
}
