/* SPDX-License-Identifier: MIT */
/*
 * backend: what irqstorm can drive. A backend is one open VFIO device, emulated or real, behind the
 * two interrupt ioctls, plus a way to make the device interrupt. It knows nothing of who calls it:
 * no accounting, no strategies, no rules about what a caller should do.
 *
 * Threading: set_irqs, irq_info, fire and reset may be called from any thread at any moment; the
 * backend serialises SET_IRQS as the kernel does (igate, R10 in docs/rules.md). close is called
 * once, when no other call is running. Signals arrive on the eventfds that the caller passed in a
 * SET_IRQS request; the backend takes its own references (R65), so the caller may close its fds.
 *
 * Errors are negative errno values; nothing is printed.
 */
#ifndef IRQSTORM_BACKEND_BACKEND_H
#define IRQSTORM_BACKEND_BACKEND_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "features/probe.h"
#include "uapi/irq_set.h"

enum backend_caps {
	/*
	 * When fire() returns, the signal it caused (if any) is in the eventfd. Without it an
	 * interrupt may still be on its way: through a bus, an interrupt controller, a handler.
	 */
	BACKEND_SYNC_FIRE = 1u << 0,
	/* fire() raises a hardware interrupt and passes MSI-X masks and pending bits; without it
	 * fire() is the loopback of SET_IRQS, which does not (R59). */
	BACKEND_HW_FIRE = 1u << 1,
	/* reset() works. */
	BACKEND_RESET = 1u << 2,
	/* mask_entry() works. */
	BACKEND_MASK_ENTRY = 1u << 3,
};

/*
 * What can be done to a device apart from the interrupt ioctls, one bit (1 << op) each in
 * backend_desc.device_ops. Unless said otherwise the result is 0 or -errno.
 */
enum backend_device_op {
	BACKEND_DEV_LINE,    /* arg 1 asserts the INTx line, 0 deasserts it */
	BACKEND_DEV_DISINTX, /* arg: the user's Interrupt Disable bit, by config write (R34) */
	BACKEND_DEV_MEMORY,  /* arg: the user's Memory Space Enable bit (R60) */
	BACKEND_DEV_POWER,   /* arg: D-state, 0 or 3, by PMCSR (R46, R61) */
	BACKEND_DEV_FLR,     /* Function Level Reset by config write */
	BACKEND_DEV_REOPEN,  /* last close (R21), open again */
	BACKEND_DEV_REBIND,  /* the same with the driver unbound and bound in between; arg not 0:
				sriov_set_msix_vec_count(arg) while no driver is bound (P13) */
	BACKEND_DEV_SRIOV_COUNT,   /* sriov_set_msix_vec_count(arg) with the driver bound */
	BACKEND_DEV_TABLE_SIZE,    /* the MSI-X table grows to arg entries behind the kernel (P13);
				      -EINVAL for a size that is no growth */
	BACKEND_DEV_FUNCTION_MASK, /* arg: Function Mask of MSI-X (P5) */
	BACKEND_DEV_ENTRY,         /* MSI-X entry arg: BACKEND_ENTRY_* bits, or -errno */
	BACKEND_DEV_WIPE,          /* the MSI-X table as after reset, behind the kernel (R50-6) */
	BACKEND_DEV_SCRIBBLE,      /* the message of MSI-X entry arg is overwritten (P1) */
	BACKEND_DEV_FAIL,          /* the arg-th fallible step of the next ioctl fails */
};

/* How a device or its host behaves where the rules leave room. */
enum backend_traits {
	/* Resets and the way back from D3hot leave pending bits; opening anew does not. */
	BACKEND_PBA_SURVIVES = 1u << 0,
	BACKEND_FIRE_MSI = 1u << 1, /* fire() works on MSI, too */
	/* The device looks at its masks some time after fire() returned: only an interrupt that
	 * arrives tells that it has. */
	BACKEND_FIRE_LATE = 1u << 2,
	BACKEND_OOPSES = 1u << 3, /* an emulator with planted bugs, which may report a crash */
	BACKEND_ITS = 1u << 4,    /* a GICv3 ITS gives the messages: backend/its.h */
};

#define BACKEND_ENTRY_MASKED  0x1
#define BACKEND_ENTRY_PENDING 0x2

/* What an oracle may see behind the ioctls. */
enum backend_inspect_bits {
	INSPECT_ACTIVE = 1u << 0,     /* C: vectors of MSI(-X) that have a handler; INTX: bit 0 */
	INSPECT_TYPE = 1u << 1,       /* the enabled index */
	INSPECT_ALLOCATED = 1u << 2,  /* A */
	INSPECT_REFERENCES = 1u << 3, /* eventfd references held */
	INSPECT_PRODUCERS = 1u << 4,  /* irq bypass producers registered */
	INSPECT_MASKED = 1u << 5,     /* the mask bit of INTX, which no signal tells in full */
	INSPECT_CONTROL = 1u << 6,    /* Message Control of MSI and MSI-X */
};

/* Message Control, of both capabilities. */
enum backend_control {
	BACKEND_CONTROL_MSI = 1u << 0,  /* MSI Enable */
	BACKEND_CONTROL_MSIX = 1u << 1, /* MSI-X Enable */
	BACKEND_CONTROL_MASK = 1u << 2, /* Function Mask of MSI-X */
	BACKEND_CONTROL_MME_SHIFT = 8,  /* from here on: vectors that MSI is enabled for, else 0 */
};

struct backend_inspect {
	uint32_t valid; /* enum backend_inspect_bits: what this backend can see */
	uint32_t type;  /* VFIO_PCI_*_IRQ_INDEX or VFIO_PCI_NUM_IRQS */
	uint32_t references, producers;
	bool masked;
	uint32_t control; /* enum backend_control */
	uint32_t words;   /* of the two sets: the others are empty, and not filled in */
	uint64_t active[IRQ_MAX_VECTORS / 64], allocated[IRQ_MAX_VECTORS / 64];
};

#define BACKEND_CPUS 64

struct backend_desc {
	char target[320];    /* canonical target, as --target takes it: repeats this backend */
	char device[128];    /* "emulated PCIe function", "1af4:1110 at 0000:00:03.0" */
	char kernel[128];    /* "6.12 (emulated)", or uname release of the running kernel */
	char profile[16];    /* the name of the kernel's features (features.def) */
	char via[8];         /* how a real device was opened: "group", "cdev"; "" for others */
	char trigger[32];    /* how fire() works: "device", "loopback", "ivshmem" */
	uint32_t caps;       /* enum backend_caps */
	uint32_t fire_max;   /* fire() takes vectors below this on the MSI-X index */
	uint32_t fires;      /* with BACKEND_HW_FIRE: 1 << index that fire() can raise at all */
	uint32_t traits;     /* enum backend_traits */
	uint32_t device_ops; /* 1 << enum backend_device_op: what device() can do */
	uint32_t inspect;    /* enum backend_inspect_bits: what inspect() can see */
	struct {
		uint32_t flags; /* VFIO_IRQ_INFO_* */
		uint32_t count; /* 0: the index is absent */
	} irq[VFIO_PCI_NUM_IRQS];
	struct features_found features; /* what is known without asking: see backend/ask.h */
	struct shape shape;             /* what configuration space says, not GET_IRQ_INFO */
	int its; /* the host's MSI come from an ITS (features/probe.h): 1, 0, -1: not known */
};

/* What a host will refuse, or has little of: a line each. */
#define HOST_LIMITS_MAX 8u
#define HOST_LIMIT_TEXT 224u

struct host_limits {
	uint32_t n;
	char text[HOST_LIMITS_MAX][HOST_LIMIT_TEXT];
};

struct backend;

/* @where is constant text. */
typedef void (*backend_step_hook)(void *data, const char *where);

struct backend_ops {
	/* What the device is and can do, read now. 0 or -errno. */
	int (*describe)(struct backend *be, struct backend_desc *desc);

	/* VFIO_DEVICE_GET_IRQ_INFO with the caller's own argument. 0 or -errno. */
	int (*irq_info)(struct backend *be, struct vfio_irq_info *info);

	/*
	 * VFIO_DEVICE_SET_IRQS with the caller's own bytes, whatever they are: nothing is checked
	 * or mended on the way. @size is how many bytes at @arg may be read; a request that needs
	 * more faults (-EFAULT), as the end of a mapping would make it. Returns what the ioctl
	 * returns: 0, -errno, or the positive number of vectors to be had (R48).
	 */
	int (*set_irqs)(struct backend *be, const void *arg, size_t size);

	/*
	 * Make the device raise @vector of @index, as hardware would: whether a signal follows is
	 * up to the state of the device. 0 when the device was told to; -errno when it could not be
	 * (-EINVAL out of range or refused, -EOPNOTSUPP no way to raise that index).
	 */
	int (*fire)(struct backend *be, uint32_t index, uint32_t vector);

	/*
	 * After fire(), from the thread that made it: whether the caller is certain that the vector
	 * was to deliver, no call of its own having been about to change that. NULL: nobody asks.
	 */
	void (*fired)(struct backend *be, uint32_t index, uint32_t vector, bool certain);

	/* VFIO_DEVICE_RESET: touches no interrupt state (R22). 0 or -errno. */
	int (*reset)(struct backend *be);

	/*
	 * enum backend_device_op, by one thread at a time and never while another call runs. A
	 * result as said there; -EOPNOTSUPP for what desc.device_ops lacks. NULL: nothing at all.
	 */
	int (*device)(struct backend *be, enum backend_device_op op, uint32_t arg);

	/* A snapshot, while no other call runs. 0 or -errno. NULL: nothing can be seen. */
	int (*inspect)(struct backend *be, struct backend_inspect *out);

	/*
	 * How many interrupts of the vectors that are set up now each CPU below BACKEND_CPUS has
	 * taken, since they were allocated. 0 or -errno. NULL: nobody can tell.
	 */
	int (*taken)(struct backend *be, uint64_t by_cpu[BACKEND_CPUS]);

	/*
	 * Entries 0 to 63 of the MSI-X table, a bit each, as BACKEND_DEV_ENTRY would show them one
	 * by one: for who looks at all. 0, or -errno when they do not answer. NULL: one by one.
	 */
	int (*entries)(struct backend *be, uint64_t *unmasked, uint64_t *pending);

	/*
	 * Sets the mask bit of MSI-X entry @vector in the device, past the kernel, as a VMM can
	 * that has mapped the table (VFIO_REGION_INFO_CAP_MSIX_MAPPABLE), and reads it back:
	 * messages that left before have come to the interrupt controller when this returns, as a
	 * read's completion does not pass posted writes. The next set of its trigger unmasks it.
	 * Any thread. 0, -EINVAL beyond the table, -EIO when memory does not answer. NULL: the
	 * table is out of reach.
	 */
	int (*mask_entry)(struct backend *be, uint32_t vector);

	/*
	 * What SET_IRQS of this device has to reckon with on this host, as far as it can be known
	 * without trying. While no other call runs and nothing is enabled. NULL: nothing is known.
	 */
	void (*host_limits)(struct backend *be, struct host_limits *out);

	/*
	 * Why the host may have refused a SET_IRQS of @index with @ret just now, in a few words, as
	 * it can be seen in this device's surroundings. False: nothing of the kind. NULL: the same.
	 */
	bool (*why_refused)(struct backend *be, uint32_t index, int ret, char *buf, size_t size);

	/*
	 * Does the device still answer, or is it asleep, lost or taken away? Asked before a
	 * difference or a loss is told as found: a dead device shows many. 0, or -errno with one
	 * line in @why. Not while another call runs. NULL: it always does.
	 */
	int (*answers)(struct backend *be, char *why, size_t size);

	/*
	 * Call @fn(@data, the step in a few words) at every internal step of the SET_IRQS calls
	 * that follow; NULL ends it. @fn may call fire and irq_info. NULL: the backend has no steps
	 * to show.
	 */
	void (*set_step_hook)(struct backend *be, backend_step_hook fn, void *data);

	/* Last close of the device (R21); frees @be. */
	void (*close)(struct backend *be);
};

/* Embedded as the first member of each backend's own struct. */
struct backend {
	const struct backend_ops *ops;
};

static inline int backend_describe(struct backend *be, struct backend_desc *desc)
{
	return be->ops->describe(be, desc);
}

static inline int backend_irq_info(struct backend *be, struct vfio_irq_info *info)
{
	return be->ops->irq_info(be, info);
}

static inline int backend_set_irqs(struct backend *be, const struct vfio_irq_set *set)
{
	return be->ops->set_irqs(be, set, set->argsz);
}

static inline int backend_fire(struct backend *be, uint32_t index, uint32_t vector)
{
	return be->ops->fire(be, index, vector);
}

static inline int backend_reset(struct backend *be)
{
	return be->ops->reset(be);
}

static inline int backend_device(struct backend *be, enum backend_device_op op, uint32_t arg)
{
	return be->ops->device ? be->ops->device(be, op, arg) : -EOPNOTSUPP;
}

static inline int backend_inspect(struct backend *be, struct backend_inspect *out)
{
	out->valid = out->words = 0;
	return be->ops->inspect ? be->ops->inspect(be, out) : 0;
}

static inline void backend_host_limits(struct backend *be, struct host_limits *out)
{
	out->n = 0;
	if (be->ops->host_limits)
		be->ops->host_limits(be, out);
}

static inline bool backend_why_refused(struct backend *be, uint32_t index, int ret, char *buf,
				       size_t size)
{
	return be->ops->why_refused && be->ops->why_refused(be, index, ret, buf, size);
}

static inline int backend_answers(struct backend *be, char *why, size_t size)
{
	return be->ops->answers ? be->ops->answers(be, why, size) : 0;
}

static inline void backend_close(struct backend *be)
{
	if (be)
		be->ops->close(be);
}

#endif
