/* SPDX-License-Identifier: MIT */
/* lock: see lock.h. */
#include "emulator/lock.h"

#include <sched.h>

_Thread_local struct lock_thread lock_thread;

static const char *const names[LOCK_CLASSES] = {
	[LOCK_DEVICE] = "device_lock",     [LOCK_IGATE] = "igate",
	[LOCK_BUS] = "pci_bus_sem",        [LOCK_SINGLE] = "single.lock",
	[LOCK_HOST_IRQ] = "host_irq.lock", [LOCK_INTX_IRQ] = "intx.irq_lock",
	[LOCK_WATCH] = "eventfd.lock",     [LOCK_INTX] = "intx.lock",
	[LOCK_FILES] = "files.lock",
};

const char *lock_class_name(enum lock_class class)
{
	return class < LOCK_CLASSES ? names[class] : "?";
}

void lock_init(struct lock *lock, enum lock_class class)
{
	pthread_mutex_init(&lock->mutex, NULL);
	lock->class = (uint8_t) class;
	lock->holder = 0;
}

void lock_fini(struct lock *lock)
{
	pthread_mutex_destroy(&lock->mutex);
}

void lock_flag_take(bool *held, const char *where)
{
	struct lock_scheduler *s = lock_scheduler();

	while (*held)
		s->wait(s, where);
	*held = true;
}

void lock_flag_drop(bool *held, const char *where)
{
	struct lock_scheduler *s = lock_scheduler();

	if (!*held)
		s->misuse(s, "drops a lock that nobody holds", where);
	*held = false;
}

void lock_wait(const char *where)
{
	struct lock_scheduler *s = lock_scheduler();

	if (s)
		s->wait(s, where);
	else
		sched_yield();
}
