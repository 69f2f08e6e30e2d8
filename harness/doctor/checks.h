/* SPDX-License-Identifier: MIT */
/* checks: what the files of checks share: the checks themselves, and how to say what was found. */
#ifndef IRQSTORM_DOCTOR_CHECKS_H
#define IRQSTORM_DOCTOR_CHECKS_H

#include <limits.h>
#include <stddef.h>

#include "doctor/doctor.h"

/* @todo may be NULL, but not of a DOCTOR_NO. */
__attribute__((format(printf, 4, 5))) void say(struct doctor_line *l, enum doctor_mark mark,
					       const char *todo, const char *fmt, ...);

/* Where @path of the machine is. Returns @buf. */
const char *place(const struct doctor *d, const char *path, char buf[PATH_MAX]);
bool there(const struct doctor *d, const char *path);
/* The file's first line without its end. 0 or -errno. */
int first_line(const struct doctor *d, const char *path, char *buf, size_t size);
/* What the program prints first when it runs with @argv. 0 or -errno. */
int program_says(const char *const argv[], char *buf, size_t size);

/* machine.c */
void look_eventfd(struct doctor *d, struct doctor_line *l);
void look_uring(struct doctor *d, struct doctor_line *l);
void look_membarrier(struct doctor *d, struct doctor_line *l);
void look_files(struct doctor *d, struct doctor_line *l);
void look_memlock(struct doctor *d, struct doctor_line *l);
void look_cpus(struct doctor *d, struct doctor_line *l);
void look_clock(struct doctor *d, struct doctor_line *l);
void look_noise(struct doctor *d, struct doctor_line *l);
void look_results(struct doctor *d, struct doctor_line *l);
void look_tmpdir(struct doctor *d, struct doctor_line *l);
/* vfio.c */
void look_groups(struct doctor *d, struct doctor_line *l);
void look_remapping(struct doctor *d, struct doctor_line *l);
void look_unsafe(struct doctor *d, struct doctor_line *l);
void look_driver(struct doctor *d, struct doctor_line *l);
void look_container(struct doctor *d, struct doctor_line *l);
void look_iommufd(struct doctor *d, struct doctor_line *l);
void look_devices(struct doctor *d, struct doctor_line *l);
/* programs.c */
void look_qemu(struct doctor *d, struct doctor_line *l);
void look_kvm(struct doctor *d, struct doctor_line *l);
void look_kernels(struct doctor *d, struct doctor_line *l);
void look_unpack(struct doctor *d, struct doctor_line *l);
void look_libfuzzer(struct doctor *d, struct doctor_line *l);
void look_afl(struct doctor *d, struct doctor_line *l);

#endif
