/* SPDX-License-Identifier: MIT */
/*
 * cmdfile: what the host tells the guest's init, as NUL-terminated KEY=VALUE records in one file of
 * the initramfs. A key may come many times; order is kept. Keys:
 *	mode      "run", or "probe" to report and power off at once
 *	module    path of a kernel module, in load order
 *	device    "0000:00:04.0 ivshmem": a PCI function to bind to vfio-pci
 *	exe       program to start
 *	arg, env  its argument vector (from argv[0]) and its whole environment
 *	out       path of a file or folder to deliver; its number is its place among the outs
 */
#ifndef IRQSTORM_GUEST_CMDFILE_H
#define IRQSTORM_GUEST_CMDFILE_H

#include "guest/bytes.h"

#define CMDFILE_PATH "/command"

/* 0 or -ENOMEM. */
int cmdfile_add(struct bytes *b, const char *key, const char *value);

/* The value of the record with @key that follows the value @prev (NULL: the first), or NULL. */
const char *cmdfile_next(const struct bytes *b, const char *prev, const char *key);

#endif
