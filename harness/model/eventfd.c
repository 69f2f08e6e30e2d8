/* SPDX-License-Identifier: MIT */
/*
 * eventfd: the user's eventfds and the references that the kernel holds on them (R65-R69). An
 * eventfd whose last descriptor is closed can no longer be seen, only its references are counted.
 */
#include "model/state.h"

void model_eventfd_touch(struct model *m, uint8_t object)
{
	if (object < PROGRAM_SLOTS)
		m->touched |= 1u << object;
}

int model_eventfd_get(struct model *m, int32_t code, uint8_t *out)
{
	rule(m, R(66));
	if (code == PROGRAM_FD_FILE)
		return -EINVAL;
	if (code < 0 || code >= (int32_t)PROGRAM_SLOTS || m->slot[code] == MODEL_NO_OBJECT)
		return -EBADF;
	*out = m->slot[code];
	m->references++;
	return 0;
}

void model_eventfd_put(struct model *m, uint8_t object)
{
	if (object == MODEL_NO_OBJECT)
		return;
	rule(m, R(69));
	m->references--;
}

bool model_eventfd_nonzero(const struct model *m, uint8_t object)
{
	return object < PROGRAM_SLOTS && m->eventfd[object].lo > 0;
}

/* read() and eventfd_ctx_do_read(): everything, or one of a semaphore. */
void model_eventfd_consume(struct model *m, uint8_t object)
{
	struct model_eventfd *e = &m->eventfd[object];

	if (!e->semaphore)
		e->lo = e->hi = 0;
	if (e->lo)
		e->lo--;
	if (e->hi)
		e->hi--;
	model_eventfd_touch(m, object);
}

/* model_eventfd_signal(): the kernel's one more saturates (R67) and wakes a virqfd. */
void model_eventfd_signal(struct model *m, uint8_t object)
{
	struct model_eventfd *e;

	if (object >= PROGRAM_SLOTS) {
		rule(m, R(65));
		return;
	}
	e = &m->eventfd[object];
	if (e->lo == UINT64_MAX)
		rule(m, R(59));
	e->lo += e->lo < UINT64_MAX;
	e->hi += e->hi < UINT64_MAX;
	model_eventfd_touch(m, object);
	if (m->intx_unmask == object)
		model_intx_wake(m);
}

int model_eventfd_read(struct model *m, uint32_t slot, uint64_t *lo, uint64_t *hi)
{
	struct model_eventfd *e;
	uint8_t object = m->slot[slot];

	if (object == MODEL_NO_OBJECT)
		return -EBADF;
	e = &m->eventfd[object];
	if (!e->hi)
		return -EAGAIN;
	*lo = e->semaphore ? 1 : e->lo;
	*hi = e->semaphore ? 1 : e->hi;
	model_eventfd_consume(m, object);
	return 0;
}

int model_eventfd_write(struct model *m, uint32_t slot, uint64_t value)
{
	struct model_eventfd *e;
	uint8_t object = m->slot[slot];

	if (object == MODEL_NO_OBJECT)
		return -EBADF;
	rule(m, R(67));
	if (value == UINT64_MAX)
		return -EINVAL;
	e = &m->eventfd[object];
	if (UINT64_MAX - e->lo <= value)
		return -EAGAIN;
	e->lo += value;
	e->hi += value;
	model_eventfd_touch(m, object);
	if (m->intx_unmask == object)
		model_intx_wake(m); /* writing 0 wakes as well */
	return 0;
}

/* Nobody can see @object any more. */
void model_eventfd_orphan(struct model *m, uint8_t object)
{
	if (m->intx_unmask == object) {
		rule(m, R(36)); /* EPOLLHUP detaches the virqfd */
		m->intx_unmask = MODEL_NO_OBJECT;
		m->references--;
	}
	if (m->intx_trigger == object)
		m->intx_trigger = MODEL_ORPHAN;
	if (m->err == object)
		m->err = MODEL_ORPHAN;
	if (m->req == object)
		m->req = MODEL_ORPHAN;
	for (uint32_t w = 0; w < set_words(m); w++) {
		for (uint64_t bits = m->active.bits[w]; bits; bits &= bits - 1) {
			uint32_t v = w * 64 + (uint32_t)__builtin_ctzll(bits);

			if (m->trigger[v] == object)
				m->trigger[v] = MODEL_ORPHAN;
		}
	}
}

int model_eventfd_close(struct model *m, uint32_t slot)
{
	uint8_t object = m->slot[slot];

	if (object == MODEL_NO_OBJECT)
		return -EBADF;
	m->slot[slot] = MODEL_NO_OBJECT;
	if (!--m->eventfd[object].files)
		model_eventfd_orphan(m, object);
	return 0;
}

void model_eventfd_open(struct model *m, uint32_t slot, bool semaphore)
{
	uint8_t object = 0;

	model_eventfd_close(m, slot);
	while (m->eventfd[object].files)
		object++; /* there are as many as slots */
	m->eventfd[object] = (struct model_eventfd){.files = 1, .semaphore = semaphore};
	m->slot[slot] = object;
}

int model_eventfd_dup(struct model *m, uint32_t from, uint32_t to)
{
	if (m->slot[from] == MODEL_NO_OBJECT)
		return -EBADF;
	if (from == to)
		return 0;
	m->eventfd[m->slot[from]].files++; /* first: @to may be another name of it */
	model_eventfd_close(m, to);
	m->slot[to] = m->slot[from];
	return 0;
}
