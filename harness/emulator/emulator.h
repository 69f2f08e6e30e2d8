/* SPDX-License-Identifier: MIT */
/*
 * emulator: a vfio-pci device in this process. It works the way vfio-pci and a PCIe function work
 * (contexts, host irqs, eventfd references, an MSI-X table with mask and pending bits), so that the
 * rules of docs/rules.md come out of the mechanism. Implements backend.h; see there for threading.
 */
#ifndef IRQSTORM_EMULATOR_EMULATOR_H
#define IRQSTORM_EMULATOR_EMULATOR_H

#include "backend/backend.h"
#include "emulator/breach.h"
#include "emulator/signal.h"
#include "features/features.h"
#include "features/shape.h"
#include "support/errmsg.h"

struct emu_config {
	enum profile profile;  /* a name for features, as far as it goes; emu_config_profile() */
	uint32_t features;     /* the kernel's and host's: bits of features/features.h */
	uint32_t msix_vectors; /* table size, 0 (no capability) or 1..2048 */
	uint32_t
		msix_grown; /* 0, or the size that the table has grown to behind the kernel (P13) */
	uint32_t msi_vectors; /* 0, 1, 2, 4, 8, 16, 32 */
	bool intx;            /* has an INTx pin, */
	bool irqless;         /* for which the host has no irq */
	bool pcie;            /* has the PCI Express capability */
	bool pci_2_3;         /* implements DisINTx; else INTx is masked at the host's irq chip */
	bool host_dyn;      /* the host's MSI domain can allocate MSI-X vectors one by one (R17) */
	bool host_intremap; /* the host can give MSI more than one vector (R48) */
	uint32_t host_vectors;       /* MSI(-X) vectors that the host can give, 0: enough (R49) */
	bool pba_cleared_on_disable; /* else pending bits are kept, as by QEMU's devices */
	bool message_cached; /* the function reads messages when an entry is unmasked (P2), else
				each time it sends */
	bool posted; /* what a step hook has the device send is under way until the next step, or
			the end of the call, and finds what is there then (R80) */
	bool entries_open; /* somebody, firmware or who had the device before, left the table's
			entries unmasked: until an enable (P9), a reset or a close */
	const struct signal_provider *signals; /* NULL: real eventfds */
	uint32_t bug; /* planted on purpose: enum zoo_bug (zoo.h), 0: none */
};

/* 6.12, 64 MSI-X vectors, 16 MSI, INTx, DisINTx, PCIe, host_dyn, host_intremap, real eventfds. */
void emu_config_default(struct emu_config *cfg);
/* What a kernel of that name has. */
void emu_config_profile(struct emu_config *cfg, enum profile profile);
/* What it comes to: without dyn-msix where the host cannot. */
uint32_t emu_config_features(const struct emu_config *cfg);
/* What the configuration space of that device says. */
void emu_config_shape(const struct emu_config *cfg, struct shape *out);

/* 0, -EINVAL (@e says which field; exit 2) or -ENOMEM. The caller owns *@out: backend_close(). */
int emulator_open(const struct emu_config *cfg, struct backend **out, struct errmsg *e);

/*
 * Makes @be, which emulator_open() opened, as if it had just been opened with @cfg (NULL: as it
 * was), but keeps its memory: for programs that each want a device of their own. The triggers are
 * dropped as by a last close, and cfg->signals must be what it was. Never while another call runs.
 * 0, or as above: -EINVAL changes nothing, after -ENOMEM only closing is left.
 */
int emulator_remake(struct backend *be, const struct emu_config *cfg, struct errmsg *e);
bool emulator_is(const struct backend *be);

/*
 * What an oracle may look at; a consistent snapshot as long as no call is running. The counters are
 * of MSI and MSI-X since open, and no fire is missing from them:
 *	fires == sent + coalesced + pending + dropped_disabled + dropped_shutdown
 * INTX is a level: its fires are not counted.
 */
struct emu_state {
	uint32_t type;      /* enabled index: VFIO_PCI_*_IRQ_INDEX, or VFIO_PCI_NUM_IRQS for none */
	uint32_t allocated; /* size of A: vectors that hold a host irq */
	uint32_t active;    /* size of C: vectors with a context */
	uint32_t references;       /* eventfd references held (R66) */
	uint64_t dropped_disabled; /* fires while MSI(-X) was disabled or the function in D3hot, and
				      pending bits that a reset cleared: nowhere to go */
	uint64_t dropped_shutdown; /* messages that found their irq shut down (R80) */
	uint64_t pended;           /* fires that set a pending bit */
	uint64_t coalesced;        /* fires that found it set (P3) */
	uint32_t pending;          /* pending bits set now */
	uint64_t sent;             /* messages that reached a handler */
};
void emulator_state(struct backend *be, struct emu_state *state);

/*
 * The device in the middle of a call: for a step hook (backend.h), on its thread and no other. The
 * sets are the emulator's own, and change when the call goes on.
 */
struct emu_view {
	uint32_t type;
	uint32_t words;                          /* of the sets */
	const uint64_t *allocated, *active;      /* A, C */
	const uint64_t *handled;                 /* the host irq has a handler */
	const uint64_t *produces;                /* irq bypass knows it */
	const uint64_t *unmasked;                /* MSI-X entries with a clear mask bit */
	bool off;                                /* D3hot: what is written to entries is lost */
	bool msi_enabled, msix_enabled, maskall; /* Message Control */
	bool intx_requested, intx_triggered;     /* INTX has a handler, a trigger */
	uint32_t references, triggers; /* eventfd references held, and what is stored for use */
};
void emulator_view(struct backend *be, struct emu_view *view);

/* Rules of PCI that were broken since open, or since they were forgotten. Any thread. */
void emulator_violations(struct backend *be, struct breaches *out);
/* How many, hazards included; 0 of what is no emulator. */
uint64_t emulator_violations_total(struct backend *be);
void emulator_forget_violations(struct backend *be);

/* @vector of MSI-X holds a host irq (A), a context (C); is masked; has its pending bit. */
struct emu_vector_state {
	bool allocated, active, masked, pending;
	uint32_t host_irq; /* 0 when not allocated */
};
void emulator_vector_state(struct backend *be, uint32_t vector, struct emu_vector_state *state);

/* INTx level line of the device (asserted until deasserted). */
void emulator_set_line(struct backend *be, bool asserted);

#endif
