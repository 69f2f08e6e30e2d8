/* SPDX-License-Identifier: MIT */
/*
 * plant: where a bug of the zoo is let in. Private to harness/emulator. What the mechanism does it
 * says itself; at most one hook a function asks whether a bug does it otherwise. The bugs are in
 * files of their own, plant_*.c, a function a hook.
 *
 *	if (PLANT(loopback, emu, req))       the bug has done it in its way: no more to do here
 *	PLANT_SEES(set_line, emu, asserted)  nothing is left out: a bug takes note, or does harm
 *
 * A hook is not called unless a bug is switched on. Without IRQSTORM_ZOO it is the constant 0, its
 * arguments are not evaluated, and nothing of a bug is left in the code.
 *
 * @owner, a hook's first argument, is what has a member `zoo`: the emulator, its INTX, its host.
 */
#ifndef IRQSTORM_EMULATOR_PLANT_H
#define IRQSTORM_EMULATOR_PLANT_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/backend.h"

#ifdef IRQSTORM_ZOO
#include <stdatomic.h>

/* What planted bugs keep from one step or call to another. Cleared when the device is new. */
enum zoo_note {
	NOTE_ADDED,      /* vector + 1 that this step added to A in place */
	NOTE_ADDED_EVER, /* there was one */
	NOTE_LIVE,       /* vector + 1 that is set while its entry is not masked */
	NOTE_FAILED,     /* the last enable of MSI or MSI-X failed */
	NOTE_MEMORY_OFF,
	NOTE_CLOSING,   /* a last close is under way */
	NOTE_STALE_ERR, /* the trigger was put, the pointer kept */
	NOTE_STALE_REQ,
	NOTE_WAS_SET, /* REQ or ERR had a trigger once */
	NOTE_DEPTH,   /* how often the host's irq is disabled too often */
	NOTE_ACKED,   /* the line rose while it was masked */
	NOTE_LEAK,    /* the context of INTX could not be had */
	ZOO_NOTES,
};

struct zoo {
	uint32_t bug; /* enum zoo_bug; constant while programs run */
	_Atomic uint32_t oops;
	_Atomic uint64_t reached, triggered;
	void (*first)(void *data, const char *canary);
	void *first_data;
	uint32_t note[ZOO_NOTES];
};

#define PLANT_OWNER(owner, ...) (owner)
#define PLANT(hook, ...)                                                                           \
	(__builtin_expect(PLANT_OWNER(__VA_ARGS__, 0)->zoo->bug != 0, 0)                           \
		 ? plant_##hook(__VA_ARGS__)                                                       \
		 : 0)

#else

#define PLANT(hook, ...) ((void)sizeof(plant_##hook(__VA_ARGS__)), 0)

#endif

#define PLANT_SEES(...) (void)PLANT(__VA_ARGS__)

struct emu;
struct host;
struct host_irq;
struct intx;
struct msg_table;
struct request;
struct signal_ref;
struct single;

/*
 * True: done, the bug's way; @err, @ret: what is to be returned. Locks are those that the mechanism
 * holds there.
 */

/* plant_request.c: validate.c */
bool plant_check_header(struct emu *emu, struct vfio_irq_set *hdr, uint32_t *data_size, int *err);
bool plant_set_irqs(struct emu *emu, const struct request *req, uint32_t flags, uint32_t fail,
		    int *err);
bool plant_no_handler(struct emu *emu, int *err);
bool plant_get_info(struct emu *emu, uint32_t index, uint32_t *flags, uint32_t *count);
bool plant_irq_info(struct emu *emu, struct vfio_irq_info *info);

/* plant_msi.c: msi.c */
bool plant_drop_context(struct emu *emu, uint32_t vector);
bool plant_write_message(struct emu *emu, uint32_t vector);
bool plant_request_irq(struct emu *emu, uint32_t vector);
bool plant_set_vector_signal(struct emu *emu, uint32_t vector, int32_t fd, int *err);
bool plant_set_block(struct emu *emu, uint32_t start, uint32_t count, const int32_t *fds, int *err);
bool plant_loopback(struct emu *emu, const struct request *req);
bool plant_set_eventfds(struct emu *emu, const struct request *req, int *ret);
bool plant_msi_trigger(struct emu *emu, const struct request *req, int *ret);

/* plant_vectors.c: msi_enable.c, bypass.c */
bool plant_take_vector(struct emu *emu);
bool plant_may_add(struct emu *emu, int *err);
bool plant_alloc_vector(struct emu *emu, uint32_t vector);
bool plant_enable_msix(struct emu *emu);
bool plant_msi_enable(struct emu *emu, uint32_t nvec, int *ret);
bool plant_msi_disable(struct emu *emu);
bool plant_bypass_unregister(struct emu *emu, uint32_t vector);

/* plant_intx.c: intx.c, virqfd.c */
bool plant_may_signal(const struct intx *intx);
bool plant_handler(const struct intx *intx);
bool plant_raise_event(struct emu *emu, bool send);
bool plant_set_line(struct emu *emu, bool asserted);
bool plant_try_unmask(struct intx *intx);
bool plant_unmask_line(struct emu *emu);
bool plant_set_disintx(struct emu *emu, bool disabled);
bool plant_intx_mask(struct emu *emu);
bool plant_set_trigger(struct emu *emu, const struct signal_ref *old);
bool plant_intx_enable(struct emu *emu, int *err);
bool plant_intx_requested(struct emu *emu);
bool plant_intx_disable(struct emu *emu);
bool plant_intx_refused(struct emu *emu);
bool plant_intx_trigger(struct emu *emu, const struct request *req);
bool plant_virqfd_wake(struct emu *emu);
bool plant_virqfd_work(struct emu *emu);

/* plant_device.c: emulator.c, device.c, single.c */
bool plant_aer_event(struct emu *emu);
bool plant_fire(struct emu *emu, uint32_t index, uint32_t vector);
bool plant_last_close(struct emu *emu, bool begins);
bool plant_set_memory(struct emu *emu, bool on);
bool plant_without_igate(struct emu *emu, enum backend_device_op op);
bool plant_single_event(struct emu *emu, struct single *single);
bool plant_swap_trigger(struct emu *emu, struct single *single, struct signal_ref *trigger,
			struct signal_ref **old);
bool plant_replace_trigger(struct emu *emu, struct single *single,
			   const struct signal_ref *trigger);
bool plant_set_none(struct emu *emu, const struct single *single, const struct request *req);

/* plant_function.c: function.c, irq.c */
bool plant_entry_pend(struct host *host, struct msg_table *table, uint32_t vector);
bool plant_table_disable(struct host *host, const struct msg_table *table);
bool plant_request_host_irq(struct host *host, const struct host_irq *irq);
bool plant_free_host_irq(struct host *host, struct host_irq *irq);

#endif
