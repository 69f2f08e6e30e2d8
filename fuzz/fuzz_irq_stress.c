/* SPDX-License-Identifier: MIT */
/*
 * fuzz_irq_stress: an input is what resizes (two bytes of settings and a program, of which
 * vmm/script.h plays the resizes) in a short run of the stress engine, with its real threads, on
 * the emulator. No interrupt may be lost without a reason, none be spurious or misrouted, and the
 * books of engine and emulator must balance at the end. What the threads do in between differs from
 * run to run, so the digest is of the settings alone.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emulator/emulator.h"
#include "exec/target.h"
#include "fuzz/common.h"
#include "fuzz/feedback.h"
#include "program/binary.h"
#include "stress/report.h"
#include "vmm/script.h"

#define HEAD      2
#define VECTORS   16
#define CONSUMERS (CONSUMER_SPIN + 1)
#define BURST_NS  4000000 /* ten resizes or more, some hundred fires */

/* Eventfds and rings, ours and the backend's; a sanitizer may open files of its own. */
static uint32_t open_files(void)
{
	static const char anonymous[] = "anon_inode:";
	DIR *d = opendir("/proc/self/fd");
	const struct dirent *entry;
	uint32_t n = 0;
	char link[64];

	while (d && (entry = readdir(d)))
		n += readlinkat(dirfd(d), entry->d_name, link, sizeof(link)) > 0 &&
		     !strncmp(link, anonymous, sizeof(anonymous) - 1);
	if (d)
		closedir(d);
	return n;
}

static void settings(const uint8_t *data, const struct program *p, struct stress_config *cfg)
{
	*cfg = (struct stress_config){
		.vectors = 1 + data[1] % VECTORS,
		.producers = 1,
		.mode = data[0] & 1 ? STRESS_OPEN : STRESS_CLOSED,
		.strategy = &strategy_script,
		.script = p,
		.script_name = "FILE",
		.consumer = (enum consumer_kind)((data[0] >> 1 & 7) % CONSUMERS),
		.duration_ns = BURST_NS,
		.deadline_ns = 1000000000,
		.seed = (uint64_t)data[1] << 8 | data[0],
		.quiet = true,
		.no_control = true,
	};
	/* the top half of the byte: how many of them stay */
	cfg->stable = (uint32_t)(data[1] >> 4) * cfg->vectors / 16;
}

static void check_books(struct backend *be, uint64_t fired, const struct program *p)
{
	struct breaches broken;
	struct emu_state s;
	char text[160];
	uint64_t sum;

	emulator_state(be, &s);
	sum = s.sent + s.coalesced + s.pending + s.dropped_disabled + s.dropped_shutdown;
	if (s.references || s.allocated || s.active)
		fuzz_finding("leak", p, "after the last disable: %u references, %u vectors held",
			     s.references, s.allocated + s.active);
	if (sum != fired)
		fuzz_finding("state", p, "%" PRIu64 " fires, but the device knows of %" PRIu64,
			     fired, sum);
	emulator_violations(be, &broken);
	if (broken.by_kernel)
		fuzz_finding("pci-rule", p, "%s and %" PRIu64 " more",
			     breach_text(&broken.kind[0], text, sizeof(text)),
			     broken.by_kernel - 1);
}

static void judge(const struct stress_config *cfg, const struct stress_result *r,
		  const struct program *p)
{
	char command[640];

	if (stress_verdict(r) != EXIT_FINDING)
		return;
	fuzz_finding("stress", p,
		     "%" PRIu64 " lost without a reason, %" PRIu64 " spurious, %" PRIu64
		     " misrouted, %" PRIu64 " fires refused, call error %d (%s) of %" PRIu64
		     " fires over %" PRIu64 " resizes; try again, longer: %s",
		     r->tally.lost_unexplained, r->spurious, r->misrouted, r->self.fire_errors,
		     r->call_error, r->call_error ? r->call_text : "none", r->fired, r->resizes,
		     stress_command(cfg, r->desc.target, command, sizeof(command)));
}

/* Which fates there were, and how many resizes: what else there is to see depends on threads. */
static void note_outcome(const struct stress_result *r)
{
	uint32_t state = 0;

	for (uint64_t n = r->resizes; n; n /= 4)
		state++;
	feedback_hit(state, (r->tally.lost_explained ? 1u : 0) | (r->tally.coalesced ? 2u : 0) |
				    (r->tally.unarmed ? 4u : 0) | (r->call_error ? 8u : 0));
	feedback_end();
}

static void run(const struct stress_config *cfg, bool old, const struct program *p)
{
	struct stress_result *r = calloc(1, sizeof(*r));
	uint32_t files = open_files();
	struct backend *be = NULL;
	struct errmsg e = {0};
	char *spec;

	spec = target_with_bug(old ? "emu:profile=6.1" : "emu:profile=6.12", fuzz_bug(), &e);
	if (!r || !spec || target_open_sized(spec, VECTORS, &be, &e)) {
		fprintf(stderr, "irqstorm: %s\n", r ? e.text : "out of memory");
		abort();
	}
	fuzz_zoo_watch(be);
	if (stress_run(cfg, be, r, &e)) {
		fprintf(stderr, "irqstorm: %s\n", e.text);
		abort();
	}
	judge(cfg, r, p);
	note_outcome(r);
	check_books(be, r->fired, p);
	backend_close(be);
	free(spec);
	free(r);
	if (open_files() != files)
		fuzz_finding("leak", p, "%u eventfds and rings were open before, %u are now", files,
			     open_files());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stress_config cfg;
	struct program p;

	fuzz_digest_begin();
	if (size < HEAD)
		return 0;
	p = fuzz_read(data + HEAD, size - HEAD);
	if (!script_resizes(&p))
		return 0;
	script_strip(&p); /* what is found can be played by `stress` */
	settings(data, &p, &cfg);
	fuzz_digest_add(cfg.vectors);
	fuzz_digest_add(cfg.stable);
	fuzz_digest_add(p.n);
	run(&cfg, data[0] >> 4 & 1, &p);
	return 0;
}
