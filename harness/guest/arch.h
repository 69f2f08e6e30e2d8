/* SPDX-License-Identifier: MIT */
/*
 * arch: the architectures that guests have, one row each: which QEMU, which machine with which
 * interrupt controllers, where its serial lines are, what its kernels and programs look like, and
 * how all that is called. Nobody else asks for an architecture by name.
 */
#ifndef IRQSTORM_GUEST_ARCH_H
#define IRQSTORM_GUEST_ARCH_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "support/errmsg.h"

struct guest_arch {
	const char *name;     /* Debian's word: "amd64" */
	const char *title;    /* as people say it: "x86-64" */
	const char *image;    /* what a build makes, to be told to who gives something else */
	uint16_t elf_machine; /* of its programs */
	const char *preset;   /* whose irqstorm it boots where this one does not run */
	const char *build;    /* what makes that */
	const char *kernel;   /* that is booted on such a machine when none is named */
	const char *kvm;      /* where there is none: what may bring it */
	const char *fuzz[3];  /* presets of fuzz targets that run there; NULL after the last */

	const char *qemu, *qemu_package;
	const char *qemu_variable; /* of the environment: another one */
	const char *cpu, *cpu_kvm;
	unsigned int smp_max[2]; /* with messages that are remapped, without */
	/* The same two, each: */
	const char *machine[2];
	const char *iommu[2]; /* a device; NULL: the machine has it */
	const char *append[2];

	const char *channel;        /* the serial line of frames, in the guest */
	const char *channel_device; /* what QEMU adds for it; NULL: the machine's second line */
	const char *iommu_option;   /* of the kernel's configuration */
};

/* By Debian's word, which debian_want_parse() has checked. */
const struct guest_arch *guest_arch_named(const char *name);

/* That of this program; its guests may be virtualized. NULL where none is like it. */
const struct guest_arch *guest_arch_own(void);

/* That of guests for which nothing else is said: our own, where there is one. */
const struct guest_arch *guest_arch_default(void);

/*
 * The irqstorm that is a guest's init: this program where it runs there, else the one that was
 * built for it, beside this one's build or where both are installed. It has to be static, and of
 * this version. 0, or -errno with @e (exit 3), which names what builds it.
 */
int guest_arch_program(const struct guest_arch *arch, char path[PATH_MAX], struct errmsg *e);

#endif
