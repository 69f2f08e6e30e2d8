/* SPDX-License-Identifier: MIT */
#include "exec/leak.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "exec/fdinfo.h"
#include "support/clock.h"

#define GRACE_NS 3000000000ull /* a deferred release takes milliseconds */

/* The id of a new eventfd, which is closed again; -errno, -EOPNOTSUPP before 5.2. */
static int next_id(uint64_t *id)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	int info, err;

	if (fd < 0)
		return -errno;
	info = fdinfo_open(fd);
	err = info < 0 ? info : fdinfo_read(info, "eventfd-id", 10, id);
	if (info >= 0)
		close(info);
	close(fd);
	return err;
}

/*
 * Slots that were closed and opened took the ids that were free then; after a reset of all of them
 * at once the ids are the lowest again.
 */
static int reopen_slots(struct executor *x)
{
	for (uint32_t s = 0; s < PROGRAM_SLOTS; s++)
		x->slots->ops->close(x->slots, s);
	return x->slots->ops->reset(x->slots);
}

int leak_init(struct leak *l, struct executor *x, struct errmsg *e)
{
	int err;

	memset(l, 0, sizeof(*l));
	if (x->emulated)
		return 0;
	err = reopen_slots(x);
	if (!err)
		err = next_id(&l->first);
	l->on = !err;
	if (err && err != -EOPNOTSUPP)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot make eventfds: %s",
				  strerror(-err));
	return 0;
}

static int look(struct leak *l, struct executor *x, uint64_t *id)
{
	uint64_t deadline = clock_ns() + GRACE_NS;

	for (;;) {
		int err = reopen_slots(x);

		if (!err)
			err = next_id(id);
		if (err || *id <= l->first || clock_ns() > deadline)
			return err;
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
}

static bool any_active(const struct backend_inspect *seen)
{
	for (uint32_t w = 0; w < seen->words; w++) {
		if ((seen->valid & INSPECT_ACTIVE) && seen->active[w])
			return true;
	}
	return false;
}

int leak_check(struct leak *l, struct executor *x, struct exec_result *r, struct errmsg *e)
{
	struct program empty = {0};
	struct backend_inspect seen;
	uint64_t id = 0;
	int err;

	err = executor_reset(x, &empty, e);
	if (err)
		return err;
	err = backend_inspect(x->be, &seen);
	if (!err && any_active(&seen)) {
		r->difference = DIFF_ACTIVE;
		finding_key(r->difference, 0, NULL, r->key);
		snprintf(r->text, sizeof(r->text),
			 "after the last close the kernel still has handlers of the device");
		return executor_verify(x, r, e);
	}
	if (!err && l->on)
		err = look(l, x, &id);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot look for leaks: %s",
				  strerror(-err));
	if (l->on && id > l->first) {
		r->difference = DIFF_REFERENCES;
		finding_key(r->difference, 0, NULL, r->key);
		snprintf(
			r->text, sizeof(r->text),
			"eventfds that were closed are still held: a new one has id %llu, not %llu",
			(unsigned long long)id, (unsigned long long)l->first);
	}
	return executor_verify(x, r, e);
}
