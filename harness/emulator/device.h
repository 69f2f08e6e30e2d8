/* SPDX-License-Identifier: MIT */
/*
 * device: the emulated vfio-pci device as its parts see it: one struct, the request that a SET_IRQS
 * handler gets, and what each part offers the others. Private to harness/emulator.
 *
 * Locks, outermost first: igate (SET_IRQS, RESET, state accessors) -> a table entry -> (dropped) ->
 * a host irq, or igate -> single.lock -> intx.irq_lock -> intx.lock; lock.h has them all, and who
 * runs by turns is held to them (exec/interleave.h). Nothing takes igate below
 * another lock, and fire() never takes it.
 */
#ifndef IRQSTORM_EMULATOR_DEVICE_H
#define IRQSTORM_EMULATOR_DEVICE_H

#include "emulator/bitmap.h"
#include "emulator/emulator.h"
#include "emulator/function.h"
#include "emulator/irq.h"
#include "emulator/plant.h"

/* SET_IRQS past validation; @data is NULL when the request carries none (R12). */
struct request {
	uint32_t index, start, count;
	uint32_t type; /* VFIO_IRQ_SET_DATA_* */
	const void *data;
};

/* What vfio, the MSI core and irqbypass know of one MSI(-X) vector. */
struct msi_vector {
	struct host_irq *irq; /* NULL: not in A */
	struct msi_msg msg;   /* cached message, what the table entry ought to hold (R50) */
	const struct signal_provider *signals;
	struct signal_ref *trigger; /* NULL: not in C */
	const void *token;          /* NULL: no producer registered (R70) */
	uint32_t next_producer;     /* vector, in the same bucket */
};

struct intx {
	alignas(CACHE_LINE) struct lock irq_lock; /* the host irq is being handled: held over
							 signals, guards trigger */
	struct signal_ref *trigger;

	struct lock lock; /* irqlock (R75): guards what follows, and is taken by wakes */
	bool requested;   /* the host irq is ours: type is INTX */
	bool masked;
	bool virq_disabled;            /* the user's DisINTx (R34) */
	bool asserted;                 /* the device's line */
	bool inject;                   /* a work item is queued: it will signal the trigger (R38) */
	bool sending;                  /* someone holds irq_lock and will see to inject */
	struct signal_ref *unmask;     /* the virqfd's eventfd (R36) */
	_Atomic uint32_t work_running; /* threads that come from a wake and are not done */
#ifdef IRQSTORM_ZOO
	struct zoo *zoo;
#endif
};

/* ERR or REQ: a trigger with no irq behind it. */
struct single {
	alignas(CACHE_LINE) struct lock lock; /* held over signals, which come from anywhere */
	struct signal_ref *trigger;
};

#define PRODUCER_BUCKETS 64u

struct emu {
	struct backend be;
	struct emu_config cfg; /* constant after open, as is dyn */
	bool dyn;              /* has_dyn_msix, sampled at open (R17) */
	atomic_bool off;       /* the function is in D3hot */
	struct host host;
	struct msg_table msi, msix;
	struct breach_log breaches;
	struct intx intx;
	struct single err, req;

	_Atomic uint32_t references; /* eventfd references held (R66) */
	_Atomic uint32_t armed;      /* the fallible step of the next ioctl that fails, 0: none */
	backend_step_hook step_hook;
	void *step_data;

	struct lock device_lock, bus_lock; /* taken by resets; by AER, the second */

	alignas(CACHE_LINE) struct lock igate; /* guards all below */
	uint32_t type;                         /* enabled index, VFIO_PCI_NUM_IRQS for none */
	struct msi_vector *vectors;            /* of whichever of MSI and MSI-X is enabled */
	uint32_t vector_slots;
	uint32_t nvec;        /* vectors of the first enable: num_ctx of 6.1 */
	uint32_t msix_domain; /* table size that the MSI-X domain keeps, 0: no such domain (P13) */
	uint64_t active[BITMAP_WORDS], allocated[BITMAP_WORDS]; /* C and A */
	uint64_t produces[BITMAP_WORDS];                        /* has a producer */
	uint32_t producers;
	uint32_t producer_heads[PRODUCER_BUCKETS]; /* vector + 1, 0: none */
	uint32_t fail; /* fallible steps of this call until one fails, 0: none does */
	bool stepping; /* this call shows its steps: to step_hook, or to a scheduler */
#ifdef IRQSTORM_ZOO
	struct zoo *zoo, zoo_state;
#endif
};

static inline bool emu_has(const struct emu *emu, enum feature feature)
{
	return feature_in(emu->cfg.features, feature);
}

/* An array of nvec contexts: nothing beyond it can be addressed. */
static inline bool contexts_are_array(const struct emu *emu)
{
	return emu_has(emu, FEATURE_CONTEXTS_WITHIN_NVEC);
}

static inline bool is_intx(const struct emu *emu)
{
	return emu->type == VFIO_PCI_INTX_IRQ_INDEX;
}

static inline bool is_msix(const struct emu *emu)
{
	return emu->type == VFIO_PCI_MSIX_IRQ_INDEX;
}

void emu_show_step(struct emu *emu, const char *what); /* emulator.c */

/* A step of a SET_IRQS handler that an oracle may look at. No lock but igate is held. */
static inline void emu_step_at(struct emu *emu, const char *function, const char *what)
{
	if (__builtin_expect(!emu->stepping, 1))
		return;
	if (emu->step_hook)
		emu_show_step(emu, what);
	lock_step_at(function);
}
#define emu_step(emu)             emu_step_at((emu), __func__, __func__)
#define emu_step_named(emu, what) emu_step_at((emu), __func__, (what))

/* One fallible step: true when it is the one to fail. */
static inline bool step_fails(uint32_t *fail)
{
	return __builtin_expect(*fail != 0, 0) && --*fail == 0;
}

/* The same in a handler, under igate. */
static inline bool emu_fails(struct emu *emu)
{
	return step_fails(&emu->fail);
}

/* The start of an ioctl: the failure that was armed for it is no longer so. */
static inline uint32_t emu_take_failure(struct emu *emu)
{
	/* Relaxed: device() armed it, and never runs beside another call. */
	if (__builtin_expect(!atomic_load_explicit(&emu->armed, memory_order_relaxed), 1))
		return 0;
	return atomic_exchange_explicit(&emu->armed, 0, memory_order_relaxed);
}

#ifdef IRQSTORM_ZOO
/* zoo.c: switches on the bug that is configured. */
void emu_zoo_init(struct emu *emu);
/* What the bug left, and the next program is not to blame for, goes. Under igate. */
void emu_zoo_forget(struct emu *emu);
#else
static inline void emu_zoo_init(struct emu *emu)
{
	(void)emu;
}
static inline void emu_zoo_forget(struct emu *emu)
{
	(void)emu;
}
#endif

/* emulator.c */
uint32_t emu_irq_count(const struct emu *emu, uint32_t index); /* n(index), R4, R16 */
int emu_trigger_get(struct emu *emu, int32_t fd, struct signal_ref **out);
void emu_trigger_put(struct emu *emu, struct signal_ref *trigger); /* NULL is fine */
void emu_last_close(struct emu *emu);                              /* R21; under igate */
bool emu_samples_dyn(const struct emu *emu);                       /* R17 */

/* describe.c */
int emu_describe(struct backend *be, struct backend_desc *desc);
void emu_host_limits(struct backend *be, struct host_limits *out);
int emu_inspect(struct backend *be, struct backend_inspect *out);

/* validate.c */
void emu_get_info(struct emu *emu, uint32_t index, uint32_t *flags, uint32_t *count);
int emu_irq_info(struct backend *be, struct vfio_irq_info *info);
int emu_validate(const struct vfio_irq_set *hdr, uint32_t n, uint32_t *data_size); /* R5-R8 */
int emu_handle(struct emu *emu, const struct request *req, uint32_t flags, uint32_t fail);
int emu_set_irqs(struct backend *be, const void *arg, size_t size);

/* device.c */
int emu_renew(struct emu *emu, const struct emu_config *cfg); /* as opened with; under igate */
/* What befell the table before, of a new device: cfg.entries_open, msix_grown. 0 or -ENOMEM */
int emu_found(struct emu *emu);
int emu_device(struct backend *be, enum backend_device_op op, uint32_t arg);
int emu_mask_entry(struct backend *be, uint32_t vector);
int emu_entries(struct backend *be, uint64_t *unmasked, uint64_t *pending);
int emu_reset(struct backend *be);

/* intx.c: handlers under igate; the rest from any thread. */
int intx_mask(struct emu *emu, const struct request *req);
int intx_unmask(struct emu *emu, const struct request *req);
int intx_trigger(struct emu *emu, const struct request *req);
void intx_disable(struct emu *emu);
void intx_set_line(struct emu *emu, bool asserted);
void intx_set_disintx(struct emu *emu, bool disabled);
void intx_unmask_line(struct emu *emu);
bool intx_try_unmask(struct intx *intx); /* under intx.lock; true: the trigger is to be signalled */
void intx_run_work(struct emu *emu);
void intx_send(struct emu *emu); /* vfio_send_intx_eventfd() */

/* virqfd.c: under igate */
int virqfd_attach(struct emu *emu, int32_t fd);
void virqfd_detach(struct emu *emu);

/* msi.c, msi_enable.c: MSI and MSI-X, under igate */
int msi_trigger(struct emu *emu, const struct request *req);
int msi_set_block(struct emu *emu, uint32_t start, uint32_t count, const int32_t *fds);
int msi_set_vector_signal(struct emu *emu, uint32_t vector, int32_t fd);
int msi_enable(struct emu *emu, uint32_t index, uint32_t nvec);
int msi_alloc_vector(struct emu *emu, uint32_t vector);
void msi_drop_context(struct emu *emu, uint32_t vector);
void msi_disable(struct emu *emu);
void msi_restore(struct emu *emu);
int msi_grow(struct emu *emu, uint32_t slots);

/* bypass.c: under igate */
void bypass_register(struct emu *emu, uint32_t vector);
void bypass_unregister(struct emu *emu, uint32_t vector);

/* single.c: single_event() from any thread. */
int single_err_trigger(struct emu *emu, const struct request *req);
int single_req_trigger(struct emu *emu, const struct request *req);
void single_drop(struct emu *emu, struct single *single);
void single_event(struct emu *emu, struct single *single);

#endif
