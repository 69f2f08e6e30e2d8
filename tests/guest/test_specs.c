/* SPDX-License-Identifier: MIT */
/* What users write: kernels and device lists; and what becomes of them: QEMU's command line. */
#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/arch.h"
#include "guest/debian.h"
#include "guest/devices.h"
#include "guest/fsutil.h"
#include "guest/kernel.h"
#include "guest/modules.h"
#include "guest/proc.h"
#include "guest/qemu.h"

Test(kernel_spec, good_ones)
{
	struct kernel_spec s;
	struct errmsg e;

	cr_assert_eq(kernel_spec_parse("debian:6.12", &s, &e), 0);
	cr_assert(s.debian);
	cr_assert_str_eq(s.want.series, "6.12");
	cr_assert_eq(kernel_spec_parse("/boot/bz", &s, &e), 0);
	cr_assert(!s.debian);
	cr_assert_str_eq(s.image, "/boot/bz");
	cr_assert_str_eq(s.modules, "");
	cr_assert_eq(kernel_spec_parse("a,b,modules=c,d", &s, &e), 0);
	cr_assert_str_eq(s.image, "a,b");
	cr_assert_str_eq(s.modules, "c,d");
}

Test(kernel_spec, bad_ones)
{
	static const char *const bad[] = {
		"debian:",    "debian:6",        "debian:6.",
		"debian:.1",  "debian:6.1x",     "debian:6.1.2",
		"debian:sid", "debian:6.1/../x", "debian:1234567890.1234567890",
		"",           ",modules=x",      "bz,modules=",
		"debian",     "debian6.12",      "debian,modules=x",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct kernel_spec s;
		struct errmsg e = {0};

		cr_assert_eq(kernel_spec_parse(bad[i], &s, &e), -EINVAL, "took '%s'", bad[i]);
		cr_assert_eq(e.exit, EXIT_USAGE);
		cr_assert(e.text[0]);
	}
}

Test(kernel, tells_images_by_what_they_hold)
{
	char path[] = "/tmp/irqstorm-test-XXXXXX", release[64];
	const char *arch = NULL;
	uint8_t head[0x400] = {0};
	int fd = mkstemp(path);

	cr_assert_eq(kernel_image_probe(path, &arch, release, sizeof(release)), -ENOEXEC, "empty");
	memcpy(head + 0x202, "HdrS", 4);
	head[0x20e] = 0x00;
	head[0x20f] = 0x01;
	strcpy((char *)head + 0x300, "6.12.117+deb12-amd64 (x@y) #1 SMP");
	cr_assert_eq(pwrite(fd, head, sizeof(head), 0), (ssize_t)sizeof(head));
	cr_assert_eq(kernel_image_probe(path, &arch, release, sizeof(release)), 0);
	cr_assert_str_eq(release, "6.12.117+deb12-amd64");
	cr_assert_str_eq(arch, "amd64");
	memset(head, 0, sizeof(head));
	memcpy(head + 56, "ARM\x64", 4);
	cr_assert_eq(pwrite(fd, head, sizeof(head), 0), (ssize_t)sizeof(head));
	cr_assert_eq(kernel_image_probe(path, &arch, release, sizeof(release)), 0);
	cr_assert_str_eq(arch, "arm64");
	cr_assert_str_eq(release, "");
	memset(head + 56, 0, 4);
	cr_assert_eq(pwrite(fd, head, sizeof(head), 0), (ssize_t)sizeof(head));
	cr_assert_eq(kernel_image_probe(path, &arch, release, sizeof(release)), -ENOEXEC);
	cr_assert_eq(kernel_image_probe("/", &arch, release, sizeof(release)), -EISDIR);
	cr_assert_eq(kernel_image_probe("/nonexistent", &arch, release, sizeof(release)), -ENOENT);
	unlink(path);
	close(fd);
}

Test(devices, good_lists)
{
	struct devices d;
	char buf[256];

	cr_assert_eq(devices_parse("ivshmem", &d, NULL), 0);
	cr_assert_eq(d.n, 1);
	cr_assert_eq(d.v[0].vectors, 64);
	cr_assert_eq(devices_parse("ivshmem=2048,edu,ivshmem=1,xhci,nvme=2048,e1000e", &d, NULL),
		     0);
	cr_assert_eq(d.n, 6);
	cr_assert_eq(devices_eventfds(&d), 2049);
	cr_assert_str_eq(devices_format(&d, buf, sizeof(buf)),
			 "ivshmem=2048,edu,ivshmem=1,xhci,nvme=2048,e1000e");
	cr_assert_str_eq(device_bdf(0, buf, sizeof(buf)), "0000:00:04.0");
	cr_assert_str_eq(device_bdf(15, buf, sizeof(buf)), "0000:00:13.0");
	cr_assert_str_eq(device_qemu(&d, 2, buf, sizeof(buf)),
			 "ivshmem-doorbell,bus=pcie.0,addr=0x6,vectors=1,chardev=iv2");
	cr_assert_str_eq(device_qemu(&d, 4, buf, sizeof(buf)),
			 "nvme,serial=irqstorm,bus=pcie.0,addr=0x8,msix_qsize=2048");
}

Test(devices, bad_lists)
{
	static const char *const bad[] = {
		"",
		",",
		"ivshmem,",
		"ivshmem=",
		"ivshmem=0",
		"ivshmem=2049",
		"ivshmem=-1",
		"ivshmem=64x",
		"edu=1",
		"rtl8139",
		"IVSHMEM",
		"ivshmem =1",
		"nvme=4096",
		"xhci=",
		"ivshm",
		"ivshmem=99999999999999999999999999",
		"edu,edu,edu,edu,edu,edu,edu,edu,edu,edu,edu,edu,edu,edu,edu,edu,edu",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct errmsg e = {0};
		struct devices d;

		cr_assert_eq(devices_parse(bad[i], &d, &e), -EINVAL, "took '%s'", bad[i]);
		cr_assert_eq(e.exit, EXIT_USAGE);
	}
}

static int find_arg(char **args, const char *word)
{
	for (int i = 0; args[i]; i++) {
		if (!strcmp(args[i], word))
			return i;
	}
	return -1;
}

Test(qemu, the_iommu_comes_before_the_devices)
{
	struct devices d;
	int peers[DEVICES_MAX] = {7, -1};
	struct qemu_config c = {
		.arch = guest_arch_named("amd64"),
		.program = "/bin/qemu",
		.kernel = "/k",
		.accel = "tcg",
		.memory = "1G",
		.smp = 2,
		.devices = &d,
		.initrd = 3,
		.console = 4,
		.channel = 5,
		.last = 9,
		.mailbox = -1,
		.ivshmem = peers,
	};
	char **args;
	int iommu, first;

	devices_parse("ivshmem,edu", &d, NULL);
	args = qemu_args(&c);
	cr_assert_not_null(args);
	iommu = find_arg(args, "intel-iommu,intremap=on");
	first = find_arg(args, "edu,bus=pcie.0,addr=0x5");
	cr_assert_gt(iommu, 0);
	cr_assert_gt(first, iommu);
	cr_assert_gt(find_arg(args, "socket,id=iv0,fd=7"), 0);
	cr_assert_gt(find_arg(args, "memory-backend-file,id=last,mem-path=/proc/self/fd/9,"
				    "size=1048576,share=on"),
		     0);
	cr_assert_gt(find_arg(args, "ivshmem-plain,memdev=last,bus=pcie.0,addr=0x1e"), iommu);
	cr_assert_gt(find_arg(args, "/proc/self/fd/3"), 0);
	cr_assert_gt(find_arg(args, "-no-reboot"), 0);
	qemu_free_args(args);
}

/* The argument behind @option; "" when there is none. */
static const char *behind(char **args, const char *option)
{
	int i = find_arg(args, option);

	return i < 0 ? "" : args[i + 1];
}

Test(qemu, arm64_has_a_machine_of_its_own)
{
	static const char *const machines[] = {"virt,gic-version=3,its=on,iommu=smmuv3",
					       "virt,gic-version=2,iommu=smmuv3"};
	int peers[DEVICES_MAX] = {-1};
	struct devices d;

	devices_parse("edu", &d, NULL);
	for (int off = 0; off < 2; off++) {
		struct qemu_config c = {
			.arch = guest_arch_named("arm64"),
			.program = "/bin/qemu",
			.kernel = "/k",
			.accel = "tcg",
			.memory = "1G",
			.no_intremap = off,
			.smp = 2,
			.devices = &d,
			.mailbox = -1,
			.channel = 5,
			.ivshmem = peers,
			.append = "one=more",
		};
		char **args = qemu_args(&c);
		const char *append;

		cr_assert_not_null(args);
		cr_assert_str_eq(behind(args, "-M"), machines[off]);
		cr_assert_str_eq(behind(args, "-cpu"), "cortex-a57");
		cr_assert_str_eq(behind(args, "-serial"), "chardev:console", "the only one");
		cr_assert_gt(find_arg(args, "pci-serial,bus=pcie.0,addr=0x1c,chardev=channel"), 0);
		append = behind(args, "-append");
		cr_assert_not_null(strstr(append, "console=ttyAMA0 "));
		cr_assert_not_null(strstr(append, " one=more"));
		cr_assert_eq(!!strstr(append, "allow_unsafe_interrupts=1"), off);
		for (int i = 0; args[i]; i++)
			cr_assert_null(strstr(args[i], "intel"), "%s", args[i]);
		qemu_free_args(args);
	}
}

Test(arch, each_row_is_whole)
{
	static const char *const names[] = {"amd64", "arm64"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct guest_arch *a = guest_arch_named(names[i]);

		cr_assert_not_null(a, "%s", names[i]);
		cr_assert_str_eq(a->name, names[i]);
		cr_assert(a->title && a->image && a->preset && a->qemu && a->qemu_package);
		cr_assert(a->qemu_variable && a->cpu && a->cpu_kvm && a->channel);
		cr_assert(a->fuzz[0] && a->iommu_option && a->elf_machine);
		for (int off = 0; off < 2; off++)
			cr_assert(a->machine[off] && a->append[off] && a->smp_max[off]);
	}
	cr_assert_null(guest_arch_named("riscv64"));
}

Test(modules, names)
{
	static const struct {
		const char *file, *name, *program;
	} good[] = {
		{"vfio-pci.ko", "vfio_pci", NULL},
		{"vfio_pci.ko.xz", "vfio_pci", "xz"},
		{"vfio.ko.zst", "vfio", "zstd"},
		{"vfio-pci-core.ko.gz", "vfio_pci_core", "gzip"},
	};
	char name[MODULE_NAME_MAX];
	const char *program;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		cr_assert(module_name(good[i].file, name, &program));
		cr_assert_str_eq(name, good[i].name);
		cr_assert((!program && !good[i].program) || !strcmp(program, good[i].program));
	}
	cr_assert(!module_name(".ko", name, NULL));
	cr_assert(!module_name("vfio.ko.bz2", name, NULL));
	cr_assert(!module_name("vfio.o", name, NULL));
}

/* A module with nothing but the sections that are looked at; @cut shortens the file. */
static struct bytes make_module(const char *modinfo, size_t len, size_t cut)
{
	static const char names[] = "\0.modinfo\0.shstrtab";
	Elf64_Ehdr eh = {.e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 3, .e_shstrndx = 2};
	Elf64_Shdr sh[3] = {{0}};
	struct bytes b = {0};

	memcpy(eh.e_ident, ELFMAG, SELFMAG);
	eh.e_ident[EI_CLASS] = ELFCLASS64;
	eh.e_shoff = sizeof(eh);
	sh[1] = (Elf64_Shdr){.sh_name = 1, .sh_type = SHT_PROGBITS, .sh_size = len};
	sh[1].sh_offset = sizeof(eh) + sizeof(sh);
	sh[2] = (Elf64_Shdr){.sh_name = 10, .sh_type = SHT_STRTAB, .sh_size = sizeof(names)};
	sh[2].sh_offset = sh[1].sh_offset + len;
	bytes_append(&b, &eh, sizeof(eh));
	bytes_append(&b, sh, sizeof(sh));
	bytes_append(&b, modinfo, len);
	bytes_append(&b, names, sizeof(names));
	b.len -= cut;
	return b;
}

Test(modules, what_they_depend_on)
{
	static const char info[] = "license=GPL\0depends=vfio,irqbypass\0name=x";
	struct bytes b = make_module(info, sizeof(info), 0);

	cr_assert_str_eq(module_depends(&b), "vfio,irqbypass");
	bytes_free(&b);
	b = make_module("license=GPL", 12, 0);
	cr_assert_null(module_depends(&b));
	bytes_free(&b);
	for (size_t cut = 1; cut < 300; cut++) {
		b = make_module(info, sizeof(info), cut);
		b.data = realloc(b.data, b.len ? b.len : 1); /* so that a sanitizer sees its end */
		module_depends(&b);
		bytes_free(&b);
	}
}

Test(modules, dependencies_load_first)
{
	static const char core[] = "depends=vfio,extra-thing", pci[] = "depends=vfio_pci_core",
			  none[] = "depends=";
	static const struct {
		const char *path, *info;
		size_t len;
	} files[] = {
		{"a/vfio-pci.ko", pci, sizeof(pci)},
		{"a/b/vfio-pci-core.ko", core, sizeof(core)},
		{"vfio.ko", none, sizeof(none)},
		{"extra-thing.ko", none, sizeof(none)},
		{"a/unrelated.ko", none, sizeof(none)},
	};
	static const char *const order[] = {"vfio", "extra_thing", "vfio_pci_core", "vfio_pci"};
	char dir[] = "/tmp/irqstorm-test-XXXXXX", path[128];
	struct errmsg e = {0};
	struct modules m;

	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a/b", dir);
	cr_assert_eq(fs_mkdirs(path), 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct bytes b = make_module(files[i].info, files[i].len, 0);

		snprintf(path, sizeof(path), "%s/%s", dir, files[i].path);
		cr_assert_eq(fs_write_file(path, b.data, b.len), 0);
		bytes_free(&b);
	}
	cr_assert_eq(modules_collect(&m, dir, -1, &e), 0, "%s", e.text);
	cr_assert_eq(m.n, 4);
	for (size_t i = 0; i < m.n; i++)
		cr_assert_str_eq(m.v[i].name, order[i]);
	modules_free(&m);
	cr_assert_eq(fs_remove_tree(dir), 0);
	cr_assert_eq(modules_collect(&m, dir, -1, &e), -ENOENT, "no such folder");
}

Test(fs, the_newest_by_version)
{
	static const char *const names[] = {"k_6.12.9-1", "k_6.12.117-1", "k_6.12.43-1", "j_7",
					    ".k_8"};
	char dir[] = "/tmp/irqstorm-test-XXXXXX", path[128];

	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(fs_find(dir, "k_", "", 0, path, sizeof(path)), -ENOENT);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		cr_assert_eq(fs_mkdirs(path), 0);
	}
	cr_assert_eq(fs_find(dir, "k_", "", 0, path, sizeof(path)), 0);
	cr_assert_str_eq(strrchr(path, '/') + 1, "k_6.12.117-1");
	cr_assert_eq(fs_remove_tree(dir), 0);
	cr_assert_eq(fs_remove_tree(dir), 0, "twice is fine");
}

Test(proc, output_status_and_complaint)
{
	const char *argv[] = {"/bin/sh", "-c", "echo out; echo E: bad >&2; echo last >&2; exit 7",
			      NULL};
	const char *missing[] = {"no-such-program", NULL};
	struct errmsg e = {0};
	struct proc_result r;

	cr_assert_eq(proc_run(argv, "x", "/", -1, &r, &e), 0, "%s", e.text);
	cr_assert_eq(r.status, 7);
	cr_assert_eq(r.out.len, 4);
	cr_assert_str_eq(r.why, "bad");
	bytes_free(&r.out);
	cr_assert_eq(proc_run(missing, "the-package", NULL, -1, &r, &e), -ENOENT);
	cr_assert_str_eq(e.text, "no-such-program not found: apt-get install the-package");
}
