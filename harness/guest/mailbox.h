/* SPDX-License-Identifier: MIT */
/*
 * mailbox: the memory through which a session's commands go into its guest, as a serial line is
 * slow in that direction. What is in it is a cpio archive (initramfs_request()). On the guest's
 * side it is BAR 2 of a PCI device, which stays without a driver.
 */
#ifndef IRQSTORM_GUEST_MAILBOX_H
#define IRQSTORM_GUEST_MAILBOX_H

#include <sys/types.h>

#define MAILBOX_SIZE (256u << 20)
#define MAILBOX_SLOT 0x1d
#define MAILBOX_BDF  "0000:00:1d.0"
#define MAILBOX_PATH "/sys/bus/pci/devices/" MAILBOX_BDF "/resource2" /* in the guest */

/* A memory for QEMU to inherit: a descriptor, close-on-exec, or -errno. */
int mailbox_create(void);

/* Put the file @request into @mailbox. Its size, or -errno: -EFBIG when it does not fit. */
ssize_t mailbox_put(int mailbox, int request);

#endif
