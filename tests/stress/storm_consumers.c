/* SPDX-License-Identifier: MIT */
/*
 * The io_uring consumers on the kernel that this runs on, as a plain static program, for a guest as
 * well: many storms in one boot.
 *
 *	storm_consumers RUNS [DURATION_MS [DROP_EVERY]]
 *
 * On the emulator with 64 vectors, resized as a swap: RUNS with each consumer must find nothing,
 *and RUNS with each and 1 of DROP_EVERY (10,000) interrupts dropped must find as many as were
 *planted. What is explained is exact, too. A producer that loses its CPU between message and
 *handler can have its vector swapped meanwhile: the message is lost as on a real host (R80), and
 *the emulator counts it. A drop beside which a call began is not planted, and counted by the fault
 *backend.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "backend/fault.h"
#include "emulator/emulator.h"
#include "exec/target.h"
#include "stress/report.h"
#include "support/clock.h"

#define TARGET "emu:profile=6.12,vectors=64"

/* The emulator itself, below a fault backend if one of @every fires is to be dropped, is @inner. */
static int open_target(uint32_t vectors, uint64_t every, struct backend **be,
		       struct backend **inner, struct errmsg *e)
{
	struct fault_config faults = {.n = {[FAULT_DROP] = every}};
	int err = target_open_sized(TARGET, vectors, inner, e);

	if (err)
		return err;
	*be = *inner;
	if (!every)
		return 0;
	err = fault_wrap(*inner, &faults, be);
	if (err) {
		snprintf(e->text, sizeof(e->text), "fault backend: %s", strerror(-err));
		backend_close(*inner);
	}
	return err;
}

static bool storm(uint64_t every, enum consumer_kind consumer, uint64_t duration_ns, uint64_t seed)
{
	struct stress_config cfg = {
		.vectors = 64,
		.stable = 8,
		.producers = 1,
		.mode = STRESS_CLOSED,
		.rate_hz = 100000,
		.strategy = strategy_find("swap"),
		.resize_rate_hz = 500,
		.consumer = consumer,
		.duration_ns = duration_ns,
		.deadline_ns = NSEC_PER_SEC,
		.seed = seed,
		.quiet = true,
		.no_control = true,
	};
	struct stress_result *r = calloc(1, sizeof(*r));
	struct fault_counts planted = {0};
	struct errmsg e = {0};
	struct emu_state state = {0};
	struct backend *be, *inner;
	uint64_t drops, may;
	bool ok = false;
	int err;

	if (!r) {
		fputs("# out of memory\n", stderr);
		exit(3);
	}
	err = open_target(cfg.vectors, every, &be, &inner, &e);
	if (!err) {
		err = stress_run(&cfg, be, r, &e);
		fault_counts(be, &planted);
		emulator_state(inner, &state);
		backend_close(be);
	}
	drops = planted.planted[FAULT_DROP];
	may = state.dropped_shutdown + planted.beside_calls;
	if (err)
		printf("# %s\n", e.text);
	else
		ok = r->tally.delivered && r->tally.lost_unexplained == drops && !r->spurious &&
		     !r->misrouted && r->tally.lost_explained == may;
	printf("%s %s, drop 1 of %llu: seed %llu, %llu fired, planted %llu, lost %llu unexplained "
	       "and %llu explained of %llu, %llu spurious, %llu misrouted\n",
	       ok ? "ok" : "not ok", consumer_names[consumer], (unsigned long long)every,
	       (unsigned long long)seed, (unsigned long long)r->fired, (unsigned long long)drops,
	       (unsigned long long)r->tally.lost_unexplained,
	       (unsigned long long)r->tally.lost_explained, (unsigned long long)may,
	       (unsigned long long)r->spurious, (unsigned long long)r->misrouted);
	fflush(stdout);
	free(r);
	return ok;
}

int main(int argc, char **argv)
{
	static const enum consumer_kind kinds[] = {CONSUMER_URING, CONSUMER_URING_POLL};
	uint64_t runs = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	uint64_t ms = argc > 2 ? strtoull(argv[2], NULL, 10) : 2000;
	uint64_t every = argc > 3 ? strtoull(argv[3], NULL, 10) : 10000;
	unsigned int passed = 0, failed = 0;
	struct utsname u;

	if (!runs || !ms || !every) {
		fprintf(stderr, "usage: storm_consumers RUNS [DURATION_MS [DROP_EVERY]]\n");
		return 2;
	}
	uname(&u);
	printf("# %s\n", u.release);
	for (uint64_t i = 0; i < runs; i++) {
		for (unsigned int k = 0; k < 4; k++) {
			bool ok = storm(k / 2 ? every : 0, kinds[k % 2], ms * NSEC_PER_MSEC, i + 1);

			passed += ok;
			failed += !ok;
		}
	}
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed ? 1 : 0;
}
