/* SPDX-License-Identifier: MIT */
/*
 * qemu: QEMU's command line and its process. Everything it is given beside the kernel image comes
 * as open file descriptors (the initramfs, both serial lines, the ivshmem connections), so there
 * are no temporary files to forget; and it dies with us, however we die.
 */
#ifndef IRQSTORM_GUEST_QEMU_H
#define IRQSTORM_GUEST_QEMU_H

#include <stdbool.h>
#include <sys/types.h>

#include "guest/arch.h"
#include "guest/devices.h"
#include "support/errmsg.h"

struct qemu_config {
	const struct guest_arch *arch;
	const char *program; /* resolved path */
	const char *kernel;
	const char *accel; /* "tcg" or "kvm" */
	const char *memory;
	const char *append; /* added to the kernel command line; NULL for nothing */
	bool no_intremap;
	unsigned int smp;
	const struct devices *devices;
	/* Descriptors that QEMU inherits; all close-on-exec in this process. */
	int initrd, console, channel;
	int last;           /* the memory that survives (last.h) */
	int mailbox;        /* the memory that commands go through (mailbox.h), -1: none */
	const int *ivshmem; /* one a device of the list, -1 where it is none */
};

/*
 * The one for @arch, or the one that its variable of the environment names, looked up on PATH. 0 or
 * -ENOENT with @e.
 */
int qemu_find(const struct guest_arch *arch, char *path, size_t size, struct errmsg *e);

/*
 * The NULL-terminated argument vector; free with qemu_free_args(). NULL when out of memory. The
 * kernel's console is the machine's first serial line, the framed channel is the architecture's.
 */
char **qemu_args(const struct qemu_config *c);
void qemu_free_args(char **args);

/*
 * Start it in a process group of its own; what it says goes to a pipe whose end is *@err_fd.
 * Returns its pid, or -errno with @e.
 */
pid_t qemu_spawn(const struct qemu_config *c, int *err_fd, struct errmsg *e);

#endif
