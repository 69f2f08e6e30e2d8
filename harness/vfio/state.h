/* SPDX-License-Identifier: MIT */
/*
 * state: the open device, shared by the files that implement the backend's operations: vfio.c (open
 * and the ioctls), device.c (what is done to the device beside them), inspect.c (what can be seen),
 * host.c (what the host has for it).
 */
#ifndef IRQSTORM_VFIO_STATE_H
#define IRQSTORM_VFIO_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "backend/backend.h"
#include "vfio/guard.h"
#include "vfio/msix.h"
#include "vfio/pciconf.h"
#include "vfio/procirq.h"
#include "vfio/trigger.h"
#include "vfio/way.h"

struct vfio_backend {
	struct backend be;
	struct vfio_fds fds;
	struct pci_device pci;
	struct trigger trigger;
	struct guard guard;
	struct pciconf conf;
	struct msix_view msix;
	struct procirq procirq; /* fd -1: cannot be seen */
	uint32_t irq;           /* of the pin, 0: none, or not known */
	bool irq_known;
	bool vf;          /* a virtual function */
	bool msi_bus;     /* sysfs' word: the device may use MSI */
	int its;          /* a GICv3 ITS gives the host's messages: as desc.its */
	int sysfs_head;   /* sysfs's config file, of which 64 bytes may be read; or -1 */
	int sysfs_config; /* the same, when all of it may be read; else -1 */
	uint32_t cap_msi, cap_msix, cap_pm;
	uint32_t cap_flr; /* the PCIe capability of a device that can FLR */
	bool caps_known;
	bool can_reset;
	struct vfio_roots roots;
	char lost[512]; /* why there is no device fd: of the reopen that failed */
	/* What the user made of it; with either off, a touch of a mapped BAR is SIGBUS. */
	bool memory, d0;
	_Atomic bool answers;   /* both of them */
	pthread_mutex_t serial; /* taken for triggers with trigger_type.serial */
};

static inline struct vfio_backend *to_vfio(struct backend *be)
{
	return (struct vfio_backend *)be;
}

static inline void serial_lock(struct vfio_backend *v)
{
	if (v->trigger.type->serial)
		pthread_mutex_lock(&v->serial);
}

static inline void serial_unlock(struct vfio_backend *v)
{
	if (v->trigger.type->serial)
		pthread_mutex_unlock(&v->serial);
}

/* vfio.c: learn what is behind fds.device and make it able to interrupt; and the end of that. */
int vfio_start(struct vfio_backend *v, struct errmsg *e);
void vfio_stop(struct vfio_backend *v);

/* device.c */
void device_start(struct vfio_backend *v);
void device_stop(struct vfio_backend *v);
uint32_t device_ops(const struct vfio_backend *v);
int device_do(struct backend *be, enum backend_device_op op, uint32_t arg);
/* After a reset of any kind: the power state is D0, registers and bus mastering may be lost. */
int device_was_reset(struct vfio_backend *v);

/* inspect.c */
void inspect_start(struct vfio_backend *v, const char *sysfs);
void inspect_stop(struct vfio_backend *v);

/* host.c */
void host_start(struct vfio_backend *v, const char *sysfs);
void host_limits(struct backend *be, struct host_limits *out);
bool host_why_refused(struct backend *be, uint32_t index, int ret, char *buf, size_t size);
uint32_t inspect_bits(const struct vfio_backend *v);
int inspect_do(struct backend *be, struct backend_inspect *out);

#endif
