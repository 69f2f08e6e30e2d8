/* SPDX-License-Identifier: MIT */
/*
 * last: the memory of a guest that survives it: the guest's programs write down in it what they are
 * about to do (support/blackbox.h), and after a bad end the newest of that become files. On the
 * guest's side it is BAR 2 of a PCI device, which stays without a driver.
 */
#ifndef IRQSTORM_GUEST_LAST_H
#define IRQSTORM_GUEST_LAST_H

#include <limits.h>
#include <stdint.h>

#include "support/errmsg.h"

#define LAST_SIZE     (1u << 20)
#define LAST_PROGRAMS 16u /* kept as files */
#define LAST_BDF      "0000:00:1e.0"
#define LAST_SLOT     0x1e
#define LAST_PATH     "/sys/bus/pci/devices/" LAST_BDF "/resource2" /* in the guest */

/* A memory for QEMU to inherit: a descriptor, close-on-exec, or -errno. */
int last_create(void);

/* The same with what is in @fd now. */
int last_copy(int fd);

struct last_saved {
	uint32_t n;
	char newest[PATH_MAX]; /* its file */
	char target[256];      /* what it ran on */
};

/*
 * The newest programs of the memory @fd as @dir/00.irq and so on, the newest last; @dir is made if
 * there is any. 0, or -errno with @e.
 */
int last_save(int fd, const char *dir, struct last_saved *saved, struct errmsg *e);

#endif
