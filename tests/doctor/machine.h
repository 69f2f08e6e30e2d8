/* SPDX-License-Identifier: MIT */
/*
 * machine: a made machine that has everything that irqstorm doctor looks for. A test takes one
 * thing away, or changes an answer, and has it examined. One at a time; everything asserts.
 */
#ifndef IRQSTORM_TESTS_DOCTOR_MACHINE_H
#define IRQSTORM_TESTS_DOCTOR_MACHINE_H

#include "../vfio/tree.h"
#include "doctor/doctor.h"

#define MACHINE_BDF "0000:00:04.0" /* alone in group 7, bound to vfio-pci */

/* What the kernel would answer; an error is a negative errno. */
struct answers {
	int eventfd, uring, membarrier, cpus, disk;
	struct doctor_uring found;
	uint64_t files, memlock, space; /* hard limits are as the soft ones */
	int vfio_api, vfio_type, kvm_api, kvm_vm;
	uint64_t late_ns; /* of every wake-up but one, */
	uint64_t late_max_ns;
};

struct machine {
	struct tree tree;
	struct answers *answers;
	struct doctor d;
};

void machine_make(struct machine *m);
void machine_remove(struct machine *m);
/* The file at @path below the root: @text and a newline. */
void machine_put(struct machine *m, const char *path, const char *text);
/* A program on PATH that prints @text. */
void machine_program(struct machine *m, const char *name, const char *text);
void machine_examine(struct machine *m);
/* What was found of @id. */
const struct doctor_line *machine_line(const struct machine *m, const char *id);

#endif
