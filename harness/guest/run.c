/* SPDX-License-Identifier: MIT */
#include "guest/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest/machine.h"
#include "support/clock.h"
#include "support/log.h"

#define HELD_MAX (1u << 20)
#define POWEROFF (5 * NSEC_PER_SEC) /* from the last word to QEMU's end */

void run_init(struct run *run, const struct guest_config *c, struct guest_result *r)
{
	memset(run, 0, sizeof(*run));
	run->c = c;
	run->r = r;
	run->channel = -1;
	run->incoming = (struct incoming){.out = c->out, .n = c->n_out};
	memset(r, 0, sizeof(*r));
	r->last = -1;
	r->console.copy = c->console;
	progress_init_late(&run->progress, c->quiet || c->mute || c->capture);
}

static void pass_signal(struct run *run, int sig)
{
	uint8_t payload[4], out[FRAME_SIZE_MAX];
	size_t len;

	put_le32(payload, (uint32_t)sig);
	len = frame_encode(out, FRAME_SIGNAL, run->seq++, payload, sizeof(payload));
	send(run->channel, out, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	run->stopping = true;
}

void run_finish(struct run *run, enum guest_end end)
{
	run->r->end = end;
	run->over = true;
}

void run_signal(struct run *run)
{
	struct signalfd_siginfo si;

	if (read(run->c->sigfd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	if (!run->r->ready || run->stopping) {
		run->r->stop_signal = (int)si.ssi_signo;
		run_finish(run, GUEST_STOPPED);
		return;
	}
	if (!run->c->quiet)
		log_note("guest: asking the subcommand to stop; once more kills %s",
			 run->session ? "it" : "the guest");
	run->r->stop_signal = (int)si.ssi_signo;
	pass_signal(run, si.ssi_signo == SIGINT ? SIGINT : SIGTERM);
}

/* 0: it is kept for later; 1: it is to be written now; or -errno. */
static int hold(struct run *run, int fd, const struct frame *f)
{
	struct bytes *held = run->c->held;
	int err;

	if (!run->c->hold || fd != STDOUT_FILENO)
		return 1;
	if (held->len + f->len <= HELD_MAX)
		return bytes_append(held, f->data, f->len);
	err = held->len ? write_all(fd, held->data, held->len) : 0;
	held->len = 0;
	return err ? err : 1;
}

/* Our own stdout may be gone (| head): the run is of no use then, but it shall end properly. */
static void forward(struct run *run, int fd, const struct frame *f)
{
	int err;

	if (run->r->stdout_errno || run->c->mute)
		return;
	err = hold(run, fd, f);
	progress_again(&run->progress);
	if (err > 0)
		err = write_all(run->c->capture ? run->c->capture : fd, f->data, f->len);
	if (err) {
		run->r->stdout_errno = -err;
		if (!run->stopping)
			pass_signal(run, SIGINT);
	}
}

static void on_ready(struct run *run, const struct frame *f)
{
	struct guest_result *r = run->r;
	char devices[256];

	r->ready = true;
	progress_again(&run->progress);
	if (!run->session)
		r->boot_ns = clock_ns() - run->start;
	snprintf(r->release, sizeof(r->release), "%.*s", (int)f->len, (const char *)f->data);
	if (run->c->quiet)
		return;
	devices_format(run->c->devices, devices, sizeof(devices));
	if (r->turn > 1)
		log_note("guest: %s, %s, %u CPU%s, %s, command %u of its session", r->release,
			 run->c->accel, run->c->smp, run->c->smp == 1 ? "" : "s", devices, r->turn);
	else
		log_note("guest: %s, %s, %u CPU%s, %s, booted in %.1f s", r->release, run->c->accel,
			 run->c->smp, run->c->smp == 1 ? "" : "s", devices,
			 (double)r->boot_ns / 1e9);
}

/* The time of waiting for others is not the command's. */
static void on_turn(struct run *run, const struct frame *f)
{
	if (f->len != 12)
		return;
	run->r->turn = get_le32(f->data);
	run->r->boot_ns = get_le64(f->data + 4);
	run->start = clock_ns();
}

static void on_gone(struct run *run, const struct frame *f)
{
	if (f->len < 8)
		return;
	run->r->qemu_status = (int)get_le32(f->data + 4);
	snprintf(run->r->qemu_says, sizeof(run->r->qemu_says), "%.*s", (int)f->len - 8,
		 (const char *)f->data + 8);
	run_finish(run, (enum guest_end)get_le32(f->data));
}

static void on_frame(struct run *run, const struct frame *f)
{
	switch (f->type) {
	case FRAME_READY:
		on_ready(run, f);
		break;
	case FRAME_STDOUT:
		forward(run, STDOUT_FILENO, f);
		break;
	case FRAME_STDERR:
		forward(run, STDERR_FILENO, f);
		break;
	case FRAME_FILE_BEGIN:
	case FRAME_FILE_DATA:
	case FRAME_FILE_END:
	case FRAME_FOLDER_END:
		incoming_frame(&run->incoming, f);
		break;
	case FRAME_LOG:
		log_error("guest: %.*s", (int)f->len, (const char *)f->data);
		break;
	case FRAME_NOTE:
		if (!run->c->quiet)
			log_note("guest: %.*s", (int)f->len, (const char *)f->data);
		break;
	case FRAME_DIRTY:
		log_error("guest: %.*s: its session ends", (int)f->len, (const char *)f->data);
		break;
	case FRAME_CONSOLE:
		console_feed(&run->r->console, f->data, f->len);
		break;
	case FRAME_TURN:
		on_turn(run, f);
		break;
	case FRAME_GONE:
		on_gone(run, f);
		break;
	case FRAME_FAILED:
		if (f->len < 4)
			break;
		errmsg_set(&run->why, -EIO, (enum exit_code)get_le32(f->data), "%.*s",
			   (int)f->len - 4, (const char *)f->data + 4);
		run->over = run->failed = true;
		break;
	case FRAME_OVER:
		errmsg_set(&run->why, -EPIPE, EXIT_ENVIRONMENT, "%.*s", (int)f->len,
			   (const char *)f->data);
		run->over = true;
		break;
	case FRAME_EXIT:
		if (f->len != 16)
			break;
		run->over = run->session;
		run->r->exited = true;
		run->r->code = (int)get_le32(f->data);
		run->r->signal = (int)get_le32(f->data + 4);
		run->r->tainted = get_le64(f->data + 8);
		run->exit_at = clock_ns();
		break;
	default:
		break;
	}
	run->life = clock_ns();
}

bool run_channel(struct run *run)
{
	uint8_t buf[65536];
	ssize_t n = machine_take(&run->channel, buf, sizeof(buf));
	uint64_t skipped = run->dec.synced ? run->dec.skipped : 0;
	bool synced = run->dec.synced;

	for (ssize_t at = 0; at < n;) {
		struct frame f;

		at += (ssize_t)frame_feed(&run->dec, buf + at, (size_t)(n - at));
		while (frame_next(&run->dec, &f))
			on_frame(run, &f);
	}
	/* Noise before the first frame is firmware's; later it is a frame that came to harm. */
	if (synced && run->dec.skipped > skipped)
		run->r->lost++;
	return n > 0;
}

void run_show(struct run *run)
{
	uint64_t now = clock_ns(), start = run->start;
	uint64_t end = start + run->c->timeout_ns;
	struct progress_part part = {.left_ns = PROGRESS_PACE};
	char limit[24];

	if (!run->r->ready && run->session)
		progress_part(&run->progress, &part, "waiting for the session's guest, or a turn");
	else if (!run->r->ready)
		progress_part(
			&run->progress, &part,
			"booting the guest; its console has been silent for %.0f s of at most "
			"%.0f",
			(double)(now - run->life) / 1e9, (double)RUN_SILENCE_BOOT / 1e9);
	else if (!run->r->exited)
		progress_part(&run->progress, &part,
			      "the subcommand runs in the guest; it is killed in %s",
			      progress_time(end > now ? end - now : 0, limit, sizeof(limit)));
}

void run_check_time(struct run *run, uint64_t silence_run, pid_t pid)
{
	uint64_t now = clock_ns();
	bool waiting = run->session && !run->r->ready;

	if (run->over)
		return;
	if (run->r->exited) {
		if (now - run->exit_at > POWEROFF)
			run_finish(run, GUEST_ENDED);
	} else if (!waiting && now - run->start > run->c->timeout_ns) {
		run_finish(run, GUEST_TIMEOUT);
	} else if (silence_over(&run->silence, pid, run->life, now,
				run->r->ready ? silence_run : RUN_SILENCE_BOOT)) {
		run_finish(run, GUEST_SILENT);
	}
}
