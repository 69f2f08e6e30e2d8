/* SPDX-License-Identifier: MIT */
#include "doctor/doctor.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "doctor/checks.h"
#include "guest/proc.h"
#include "support/must.h"

const char *const doctor_use_names[DOCTOR_USES] = {
	[DOCTOR_EMULATOR] = "emulator",
	[DOCTOR_DEVICE] = "device",
	[DOCTOR_GUEST] = "guest",
	[DOCTOR_CAMPAIGN] = "campaign",
};

const char *const doctor_mark_names[] = {
	[DOCTOR_OK] = "ok",
	[DOCTOR_NO] = "no",
	[DOCTOR_NOTE] = "note",
};

/* io_uring stops nothing: --consumer epoll does without. */
const struct doctor_check doctor_checks[] = {
	{"eventfd", "eventfd", DOCTOR_EMULATOR, DOCTOR_STOPS_ALL, look_eventfd},
	{"io_uring", "io_uring", DOCTOR_EMULATOR, 0, look_uring},
	{"membarrier", "membarrier", DOCTOR_EMULATOR, 0, look_membarrier},
	{"open_files", "open files", DOCTOR_EMULATOR, DOCTOR_STOPS_ALL, look_files},
	{"locked_memory", "locked memory", DOCTOR_EMULATOR, 0, look_memlock},
	{"cpus", "CPUs", DOCTOR_EMULATOR, 0, look_cpus},
	{"clock", "clock", DOCTOR_EMULATOR, 0, look_clock},
	{"noise", "noise", DOCTOR_EMULATOR, 0, look_noise},
	{"results", "results folder", DOCTOR_EMULATOR, 0, look_results},
	{"tmpdir", "TMPDIR", DOCTOR_EMULATOR, 0, look_tmpdir},
	{"iommu_groups", "IOMMU groups", DOCTOR_DEVICE, DOCTOR_STOPS(DOCTOR_DEVICE), look_groups},
	{"remapping", "remapping", DOCTOR_DEVICE, DOCTOR_STOPS(DOCTOR_DEVICE), look_remapping},
	{"unsafe_interrupts", "unsafe interrupts", DOCTOR_DEVICE, 0, look_unsafe},
	{"vfio_pci", "vfio-pci", DOCTOR_DEVICE, DOCTOR_STOPS(DOCTOR_DEVICE), look_driver},
	{"container", "/dev/vfio/vfio", DOCTOR_DEVICE, DOCTOR_STOPS(DOCTOR_DEVICE), look_container},
	{"iommufd", "iommufd", DOCTOR_DEVICE, 0, look_iommufd},
	{"devices", "devices", DOCTOR_DEVICE, DOCTOR_STOPS(DOCTOR_DEVICE), look_devices},
	{"qemu", "QEMU", DOCTOR_GUEST, DOCTOR_STOPS(DOCTOR_GUEST), look_qemu},
	{"kvm", "KVM", DOCTOR_GUEST, 0, look_kvm},
	{"kernels", "kernels", DOCTOR_GUEST, 0, look_kernels},
	{"unpack", "unpacking", DOCTOR_GUEST, DOCTOR_STOPS(DOCTOR_GUEST), look_unpack},
	{"libfuzzer", "libFuzzer", DOCTOR_CAMPAIGN, DOCTOR_STOPS(DOCTOR_CAMPAIGN), look_libfuzzer},
	{"afl", "AFL++", DOCTOR_CAMPAIGN, 0, look_afl},
	{.id = NULL},
};

static_assert(sizeof(doctor_checks) / sizeof(doctor_checks[0]) <= DOCTOR_LINES + 1,
	      "DOCTOR_LINES is too small");

void say(struct doctor_line *l, enum doctor_mark mark, const char *todo, const char *fmt, ...)
{
	va_list ap;

	must(todo || mark != DOCTOR_NO);
	l->mark = mark;
	va_start(ap, fmt);
	vsnprintf(l->found, sizeof(l->found), fmt, ap);
	va_end(ap);
	snprintf(l->todo, sizeof(l->todo), "%s", todo ? todo : "");
}

const char *place(const struct doctor *d, const char *path, char buf[PATH_MAX])
{
	snprintf(buf, PATH_MAX, "%s%s", d->root, path);
	return buf;
}

bool there(const struct doctor *d, const char *path)
{
	char buf[PATH_MAX];
	struct stat st;

	return !stat(place(d, path, buf), &st);
}

int first_line(const struct doctor *d, const char *path, char *buf, size_t size)
{
	char where[PATH_MAX];
	FILE *f = fopen(place(d, path, where), "re");
	int err = 0;

	if (!f)
		return -errno;
	if (!fgets(buf, (int)size, f))
		err = -EIO;
	else
		buf[strcspn(buf, "\n")] = '\0';
	fclose(f);
	return err;
}

int program_says(const char *const argv[], char *buf, size_t size)
{
	struct proc_result r;
	int err = proc_run(argv, argv[0], NULL, -1, &r, NULL);

	if (err)
		return err;
	snprintf(buf, size, "%.*s", (int)r.out.len, r.out.len ? (const char *)r.out.data : "");
	buf[strcspn(buf, "\n")] = '\0';
	bytes_free(&r.out);
	return r.status ? -EIO : 0;
}

void doctor_examine(struct doctor *d)
{
	for (size_t i = 0; doctor_checks[i].id; i++)
		doctor_checks[i].look(d, &d->line[i]);
}

const struct doctor_check *doctor_stopped(const struct doctor *d, enum doctor_use use)
{
	for (size_t i = 0; doctor_checks[i].id; i++) {
		if (d->line[i].mark == DOCTOR_NO && doctor_checks[i].stops & DOCTOR_STOPS(use))
			return &doctor_checks[i];
	}
	return NULL;
}
