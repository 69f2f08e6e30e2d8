/* SPDX-License-Identifier: MIT */
/*
 * device: the emulated vfio-pci device as its parts see it: one struct, the request that a SET_IRQS
 * handler gets, and what each part offers the others. Private to harness/emulator.
 *
 * Locks, outermost first: igate (SET_IRQS, state accessors) -> a table entry -> (dropped) -> a host
 * irq, or igate -> intx.lock, or igate -> single.lock. Nothing takes igate below another lock, and
 * fire() never takes it.
 */
#ifndef IRQSTORM_EMULATOR_DEVICE_H
#define IRQSTORM_EMULATOR_DEVICE_H

#include "emulator/emulator.h"
#include "emulator/function.h"
#include "emulator/irq.h"

/* SET_IRQS past validation; @data is NULL when the request carries none (R12). */
struct request {
	uint32_t index, start, count;
	uint32_t type; /* VFIO_IRQ_SET_DATA_* */
	const void *data;
};

/* A context of MSI or MSI-X: a vector in C. */
struct msi_ctx {
	const struct signal_provider *signals;
	struct signal_ref *trigger;
};

/* What vfio and the MSI core know of one MSI(-X) vector. */
struct msi_vector {
	struct host_irq *irq; /* NULL: not in A */
	struct msi_msg msg;   /* cached message, what the table entry ought to hold (R50) */
	struct msi_ctx *ctx;  /* NULL: not in C */
};

struct intx {
	alignas(CACHE_LINE) pthread_mutex_t lock; /* irqlock (R75), and held over signals */
	bool requested;                           /* the host irq is ours: type is INTX */
	bool masked;
	bool asserted; /* the device's line */
	struct signal_ref *trigger;
};

/* ERR or REQ: a trigger with no irq behind it. */
struct single {
	alignas(CACHE_LINE) pthread_mutex_t lock; /* held over signals, which come from anywhere */
	struct signal_ref *trigger;
};

struct emu {
	struct backend be;
	struct emu_config cfg; /* constant after open, as is dyn */
	bool dyn;              /* has_dyn_msix, sampled at open (R17) */
	struct host host;
	struct msg_table msi, msix;
	struct intx intx;
	struct single err, req;

	alignas(CACHE_LINE) pthread_mutex_t igate; /* guards all below */
	uint32_t type;                             /* enabled index, VFIO_PCI_NUM_IRQS for none */
	struct msi_vector *vectors;                /* of whichever of MSI and MSI-X is enabled */
	uint32_t vector_slots;
	uint32_t nvec;       /* vectors of the first enable: num_ctx of 6.1 */
	uint32_t references; /* eventfd references held (R66) */
};

/* emulator.c */
uint32_t emu_irq_count(const struct emu *emu, uint32_t index); /* n(index), R4, R16 */
int emu_trigger_get(struct emu *emu, int32_t fd, struct signal_ref **out);
void emu_trigger_put(struct emu *emu, struct signal_ref *trigger); /* NULL is fine */

/* validate.c */
int emu_irq_info(struct backend *be, struct vfio_irq_info *info);
int emu_set_irqs(struct backend *be, const void *arg, size_t size);

/* intx.c: handlers under igate; intx_set_line() from any thread. */
int intx_mask(struct emu *emu, const struct request *req);
int intx_unmask(struct emu *emu, const struct request *req);
int intx_trigger(struct emu *emu, const struct request *req);
void intx_disable(struct emu *emu);
void intx_set_line(struct emu *emu, bool asserted);

/* msi.c: MSI and MSI-X */
int msi_trigger(struct emu *emu, const struct request *req);
void msi_disable(struct emu *emu);

/* single.c: single_event() from any thread. */
int single_err_trigger(struct emu *emu, const struct request *req);
int single_req_trigger(struct emu *emu, const struct request *req);
void single_drop(struct emu *emu, struct single *single);
void single_event(struct emu *emu, struct single *single);

#endif
