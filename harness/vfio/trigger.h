/* SPDX-License-Identifier: MIT */
/*
 * trigger: how to make a device interrupt. One const struct trigger_type each, listed in trigger.c
 * from the best to the one that always works; adding a device is one file and one line there.
 */
#ifndef IRQSTORM_VFIO_TRIGGER_H
#define IRQSTORM_VFIO_TRIGGER_H

#include <stdbool.h>
#include <stdint.h>

#include "support/errmsg.h"
#include "vfio/region.h"

struct trigger_type;

struct trigger {
	const struct trigger_type *type;
	int device_fd;       /* borrowed */
	uint32_t msix_count; /* GET_IRQ_INFO's, at open */
	uint32_t fire_max;   /* set by setup: fire takes MSI-X vectors below this */
	struct bar_map bar;  /* of the types that drive registers */
	uint32_t id;         /* ivshmem: the device's own peer id */
};

struct trigger_type {
	const char *name;
	const char *needs; /* the device, for messages; NULL when any will do */
	uint32_t caps;     /* enum backend_caps */
	bool (*matches)(uint16_t vendor, uint16_t device);
	/* 0, or -errno with @e. Memory and bus mastering are on. */
	int (*setup)(struct trigger *t, struct errmsg *e);
	/* As backend_ops.fire; any thread. */
	int (*fire)(const struct trigger *t, uint32_t index, uint32_t vector);
	void (*teardown)(struct trigger *t); /* may be NULL */
};

extern const struct trigger_type trigger_ivshmem;
extern const struct trigger_type trigger_loopback;

/* NULL, with @e (exit 2), when there is no trigger @name. */
const struct trigger_type *trigger_find(const char *name, struct errmsg *e);
/* The best one for a device. */
const struct trigger_type *trigger_for(uint16_t vendor, uint16_t device);

#endif
