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
	uint32_t enabled;    /* of serial types: the enabled index, or VFIO_PCI_NUM_IRQS */
	bool line;           /* edu: the level that the line should have */
	bool stale;          /* a reset came when the registers could not be written */
};

struct trigger_type {
	const char *name;
	const char *needs; /* the device, for messages; NULL when any will do */
	uint32_t caps;     /* enum backend_caps */
	/*
	 * Indexes that fire works on, 1 << VFIO_PCI_*_IRQ_INDEX, with vectors below fire_max on
	 * MSI-X and vector 0 on the others. 0: any, refused as the kernel does.
	 */
	uint32_t fires;
	bool fires_late;    /* BACKEND_FIRE_LATE */
	bool keeps_pending; /* BACKEND_PBA_SURVIVES */
	bool (*matches)(uint16_t vendor, uint16_t device);
	/*
	 * The device cannot take fire() and a change of its interrupt mode at once: the backend
	 * lets one call at a time at fire, line, switched and the SET_IRQS and RESET ioctls, and
	 * keeps trigger.enabled.
	 */
	bool serial;
	/* 0, or -errno with @e. Memory and bus mastering are on. */
	int (*setup)(struct trigger *t, struct errmsg *e);
	/* As backend_ops.fire, of what `fires` allows; any thread. Never while the BARs do not
	 * answer. */
	int (*fire)(struct trigger *t, uint32_t index, uint32_t vector);
	/* The rest may be NULL. */
	void (*restart)(struct trigger *t);         /* a reset wiped the device's registers */
	int (*line)(struct trigger *t, bool level); /* BACKEND_DEV_LINE */
	/* INTX is about to be disabled, or the device to be closed; switched() follows if not. */
	void (*calm)(struct trigger *t);
	void (*switched)(struct trigger *t); /* trigger.enabled changed, or so it seemed */
};

extern const struct trigger_type trigger_e1000e;
extern const struct trigger_type trigger_edu;
extern const struct trigger_type trigger_ivshmem;
extern const struct trigger_type trigger_loopback;

/* NULL, with @e (exit 2), when there is no trigger @name. */
const struct trigger_type *trigger_find(const char *name, struct errmsg *e);
/* The best one for a device. */
const struct trigger_type *trigger_for(uint16_t vendor, uint16_t device);

#endif
