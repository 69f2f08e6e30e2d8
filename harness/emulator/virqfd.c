/* SPDX-License-Identifier: MIT */
/*
 * virqfd: UNMASK of INTX by eventfd (R36-R38): an eventfd that is watched, and whose counter is
 * read by the watcher. Wakes come on any thread, from a user's write or from a signal of our own;
 * they take intx.lock and nothing else.
 */
#include <errno.h>

#include "emulator/device.h"

static bool virqfd_wake(void *data, struct signal_ref *ref, bool hup)
{
	struct emu *emu = data;
	struct intx *intx = &emu->intx;
	bool work = false;

	if (!hup)
		emu->cfg.signals->consume(ref); /* R37 */

	lock_take(&intx->lock);
	lock_guards(&intx->lock);
	if (hup && (intx->unmask == ref || PLANT(virqfd_wake, emu))) {
		lock_step();
		intx->unmask = NULL; /* the work puts it; who attaches another need not wait */
		work = true;
	} else if (!hup && intx_try_unmask(intx)) {
		/* R38: not from in here. Who is sending already will do it. */
		intx->inject = true;
		work = !intx->sending;
	}
	if (work)
		atomic_fetch_add_explicit(&intx->work_running, 1, memory_order_relaxed);
	lock_drop(&intx->lock);
	return work;
}

static void virqfd_work(void *data, struct signal_ref *ref, bool hup)
{
	struct emu *emu = data;

	if (!PLANT(virqfd_work, emu))
		intx_run_work(emu);
	if (hup)
		emu_trigger_put(emu, ref);
	/* Release: pairs with the acquire of flush(), after which the device may be freed. */
	atomic_fetch_sub_explicit(&emu->intx.work_running, 1, memory_order_release);
}

static const struct signal_watcher virqfd_watcher = {
	.wake = virqfd_wake,
	.work = virqfd_work,
};

/* flush_workqueue() */
static void flush(struct intx *intx)
{
	while (atomic_load_explicit(&intx->work_running, memory_order_acquire))
		lock_wait(__func__);
}

/* R37: what was written before the attach counts, and stays in the counter. */
static void attached_readable(struct emu *emu)
{
	struct intx *intx = &emu->intx;
	bool work;

	lock_take(&intx->lock);
	work = intx_try_unmask(intx);
	if (work)
		intx->inject = true;
	lock_drop(&intx->lock);
	if (work)
		intx_run_work(emu);
}

/* vfio_virqfd_enable(): R36 has the order of errors. */
int virqfd_attach(struct emu *emu, int32_t fd)
{
	const struct signal_provider *signals = emu->cfg.signals;
	struct intx *intx = &emu->intx;
	struct signal_ref *ref;
	bool busy;
	int err;

	if (emu_fails(emu))
		return -ENOMEM; /* context */
	emu_step(emu);
	if (emu_fails(emu))
		return -EBADF; /* lookup */
	err = emu_trigger_get(emu, fd, &ref);
	if (err)
		return err;
	if (!signals->watch) {
		emu_trigger_put(emu, ref);
		return -EOPNOTSUPP;
	}
	emu_step(emu);

	lock_take(&intx->lock);
	lock_guards(&intx->lock);
	lock_step();
	busy = intx->unmask != NULL;
	if (!busy)
		intx->unmask = ref;
	lock_drop(&intx->lock);
	if (busy) {
		emu_trigger_put(emu, ref);
		return -EBUSY;
	}

	/* From here on @ref may be put behind our back, when the user closes it. */
	if (signals->watch(ref, &virqfd_watcher, emu))
		attached_readable(emu);
	emu_step(emu);
	return 0;
}

/*
 * vfio_virqfd_disable() and virqfd_shutdown(): taking the watcher out reads the counter, as
 * eventfd_ctx_remove_wait_queue() does; a queued work item still runs.
 */
void virqfd_detach(struct emu *emu)
{
	struct intx *intx = &emu->intx;
	struct signal_ref *ref;

	lock_take(&intx->lock);
	lock_guards(&intx->lock);
	lock_step();
	ref = intx->unmask;
	intx->unmask = NULL;
	lock_drop(&intx->lock);
	if (ref) {
		emu->cfg.signals->unwatch(ref);
		emu->cfg.signals->consume(ref);
		intx_run_work(emu);
		emu_trigger_put(emu, ref);
	}
	flush(intx);
}
