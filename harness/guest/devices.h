/* SPDX-License-Identifier: MIT */
/*
 * devices: the interrupting PCI devices that a guest gets, and the slots they sit in. Slots are
 * given out in order from DEVICE_SLOT_FIRST, so the first of the list is 0000:00:04.0 in the guest.
 */
#ifndef IRQSTORM_GUEST_DEVICES_H
#define IRQSTORM_GUEST_DEVICES_H

#include <stddef.h>

#include "support/errmsg.h"

#define DEVICES_MAX       16
#define DEVICE_SLOT_FIRST 4

enum device_kind {
	DEVICE_IVSHMEM,
	DEVICE_EDU,
	DEVICE_XHCI,
	DEVICE_NVME,
	DEVICE_E1000E,
};

struct device {
	enum device_kind kind;
	unsigned int vectors; /* 0 where the device has a fixed number */
};

struct devices {
	struct device v[DEVICES_MAX];
	size_t n;
};

/* "ivshmem=64,edu". -EINVAL with @e (exit 2). */
int devices_parse(const char *text, struct devices *d, struct errmsg *e);

const char *device_name(enum device_kind kind);

/* Address of the @i-th device in the guest: "0000:00:04.0". Returns @buf. */
const char *device_bdf(size_t i, char *buf, size_t size);

/* The value of QEMU's -device for the @i-th device. Returns @buf. */
const char *device_qemu(const struct devices *d, size_t i, char *buf, size_t size);

/* The list in the form it is given in: "ivshmem=64,edu". Returns @buf. */
const char *devices_format(const struct devices *d, char *buf, size_t size);

/* Eventfds that all ivshmem devices need together. */
unsigned int devices_eventfds(const struct devices *d);

#endif
