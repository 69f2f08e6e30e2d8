/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "guest/machine.h"
#include "guest/proc.h"
#include "guest/run.h"
#include "support/clock.h"

#define TICK_MS 500

enum poll_slot { SLOT_SIGNAL, SLOT_MACHINE, SLOT_COUNT = SLOT_MACHINE + MACHINE_SLOTS };

static bool on_console(struct run *run, struct machine *m)
{
	uint8_t buf[65536];
	ssize_t n = machine_take(&m->console, buf, sizeof(buf));

	if (n > 0) {
		console_feed(&run->r->console, buf, (size_t)n);
		if (!run->r->ready)
			run->life = clock_ns();
	}
	return n > 0;
}

static int poll_timeout(const struct run *run, const struct machine *m)
{
	uint64_t end = run->start + run->c->timeout_ns, now = clock_ns();

	if (end <= now)
		return 0;
	if (end - now < TICK_MS * NSEC_PER_MSEC)
		return machine_poll_time(m, (int)((end - now) / NSEC_PER_MSEC) + 1);
	return machine_poll_time(m, TICK_MS);
}

static void loop(struct run *run, struct machine *m)
{
	struct pollfd p[SLOT_COUNT], *const its = &p[SLOT_MACHINE];

	while (!run->over) {
		nfds_t n = SLOT_MACHINE + machine_poll(m, its);

		p[SLOT_SIGNAL] = (struct pollfd){.fd = run->c->sigfd, .events = POLLIN};
		its[MACHINE_CHANNEL].fd = run->channel;
		if (poll(p, n, poll_timeout(run, m)) < 0)
			continue;
		machine_serve(m, its);
		if (its[MACHINE_CONSOLE].revents)
			on_console(run, m);
		if (its[MACHINE_CHANNEL].revents)
			run_channel(run);
		if (p[SLOT_SIGNAL].revents)
			run_signal(run);
		if (its[MACHINE_PID].revents)
			run->over = true;
		run_check_time(run, RUN_SILENCE, m->pid);
		run_show(run);
	}
	progress_done(&run->progress);
}

/* QEMU is gone: what it wrote before is still in the sockets. */
static void drain(struct run *run, struct machine *m)
{
	while (on_console(run, m))
		;
	while (run_channel(run))
		;
}

int guest_run(const struct guest_config *c, struct guest_result *r, struct errmsg *e)
{
	struct machine m;
	struct run run;
	int err;

	run_init(&run, c, r);
	machine_init(&m);
	err = machine_start(&m, c, e);
	if (err)
		goto out;
	/* The channel is the run's to close, as it reads it. */
	run.channel = m.channel;
	m.channel = -1;
	run.start = run.life = m.start;
	loop(&run, &m);
	machine_kill(&m, &r->qemu_status);
	drain(&run, &m);
	console_finish(&r->console);
	proc_why(&m.err, r->qemu_says, sizeof(r->qemu_says));
	r->lost += run.dec.lost;
	r->total_ns = clock_ns() - run.start;
	r->last = m.last;
	m.last = -1;
out:
	if (run.channel >= 0)
		close(run.channel);
	machine_end(&m);
	return err;
}

void guest_result_free(struct guest_result *r)
{
	console_free(&r->console);
	if (r->last >= 0)
		close(r->last);
	r->last = -1;
}
