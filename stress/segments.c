/* SPDX-License-Identifier: MIT */
#include "stress/segments.h"

#include "support/log.h"
#include "support/units.h"

#define TICK_NS (2 * NSEC_PER_MSEC)

/* Slices short enough to follow the machine's moods, a tenth of the storm in all. */
void segments_plan(const struct stress_config *cfg, struct segments *run)
{
	uint64_t n = cfg->duration_ns / (500 * NSEC_PER_MSEC);

	/* these two would go on burning the consumer's CPU, or keep its threads, in an intermission
	 */
	if (cfg->no_control || cfg->consumer == CONSUMER_SPIN || cfg->consumer == CONSUMER_READ)
		n = 1;
	run->want_segments = n < 1 ? 1 : n > CONTROL_SLICES - 1 ? CONTROL_SLICES - 1 : (uint32_t)n;
	run->slice_ns = cfg->duration_ns / 10 / (run->want_segments + 1);
	if (run->slice_ns < 50 * NSEC_PER_MSEC)
		run->slice_ns = 50 * NSEC_PER_MSEC;
	if (run->slice_ns > NSEC_PER_SEC)
		run->slice_ns = NSEC_PER_SEC;
}

int segments_control(struct storm *s, struct segments *run, struct errmsg *e)
{
	return s->cfg->no_control ? 0 : control_run(s, run->slice_ns, &run->control, e);
}

uint64_t storm_fired(struct storm *s)
{
	uint64_t n = 0;

	for (uint32_t v = 0; v < s->cfg->vectors; v++)
		n += atomic_load_explicit(&s->ledgers[v].fired, memory_order_relaxed);
	return n;
}

static unsigned long long live(const _Atomic uint64_t *count)
{
	return atomic_load_explicit(count, memory_order_relaxed);
}

/* What matters most comes first: the line is cut where the terminal ends. */
static void show_progress(struct storm *s, struct progress *p, uint64_t elapsed, uint64_t now)
{
	uint64_t fired = storm_fired(s), per_s, all = s->cfg->duration_ns;
	uint64_t at = elapsed / NSEC_PER_SEC, end = all / NSEC_PER_SEC;
	char count[32], rate[32], left[24];

	per_s = elapsed ? (uint64_t)((double)fired * 1e9 / (double)elapsed) : 0;
	progress_show(p, now,
		      "[%02llu:%02llu/%02llu:%02llu, %s left] lost %llu unexplained %llu extra "
		      "%llu fired %s (%s/s) resizes %llu",
		      (unsigned long long)at / 60, (unsigned long long)at % 60,
		      (unsigned long long)end / 60, (unsigned long long)end % 60,
		      progress_time(elapsed < all ? all - elapsed : 0, left, sizeof(left)),
		      live(&s->live_lost_explained) + live(&s->live_lost_unexplained),
		      live(&s->live_lost_unexplained), live(&s->live_extra),
		      units_format_count(fired, count, sizeof(count)),
		      units_format_count(per_s, rate, sizeof(rate)), live(&s->live_resizes));
}

/* One segment. The main thread is a sleeper that knows how late it woke. */
static void watch(struct storm *s, struct stress_result *r, struct progress *p, uint64_t length,
		  const sigset_t *signals)
{
	uint64_t start = storm_now(s), end = start + length, now = start;

	while (now < end && !atomic_load_explicit(&s->failed, memory_order_acquire)) {
		uint64_t next = now + TICK_NS < end ? now + TICK_NS : end;

		r->stop_signal = world_ops(s->world)->wait(s->world, signals, next);
		if (r->stop_signal) {
			r->interrupted = true;
			break;
		}
		now = storm_now(s);
		hist_record(&r->self.stalls, now > next ? now - next : 0);
		atomic_store_explicit(&s->stall_ns, r->self.stalls.max, memory_order_relaxed);
		if (progress_due(p, now))
			show_progress(s, p, r->elapsed_ns + (now - start), now);
	}
	r->elapsed_ns += storm_now(s) - start;
}

uint64_t storm_intermission(struct storm *s)
{
	uint64_t start = storm_now(s);

	atomic_fetch_add_explicit(&s->paused, 1, memory_order_acq_rel);
	while (atomic_load_explicit(&s->pause, memory_order_acquire))
		world_sleep(s->world, 100 * NSEC_PER_USEC);
	atomic_fetch_sub_explicit(&s->paused, 1, memory_order_acq_rel);
	return storm_now(s) - start;
}

/* Everybody stands still: a slice of control. */
static int intermission(struct storm *s, struct segments *run, struct errmsg *e)
{
	uint32_t all = s->cfg->producers + storm_resizes(s);
	uint64_t begin = storm_now(s);
	int err = 0;

	atomic_store_explicit(&s->pause, true, memory_order_release);
	while (atomic_load_explicit(&s->paused, memory_order_acquire) < all &&
	       !atomic_load_explicit(&s->failed, memory_order_acquire))
		world_sleep(s->world, 100 * NSEC_PER_USEC);
	if (!atomic_load_explicit(&s->failed, memory_order_acquire))
		err = segments_control(s, run, e);
	series_note(&s->series->pauses, atomic_load_explicit(&s->began, memory_order_relaxed),
		    begin, storm_now(s));
	atomic_store_explicit(&s->pause, false, memory_order_release);
	while (atomic_load_explicit(&s->paused, memory_order_acquire))
		world_sleep(s->world, 20 * NSEC_PER_USEC);
	return err;
}

int segments_blow(struct storm *s, struct segments *run, struct stress_result *r,
		  const sigset_t *signals, struct errmsg *e)
{
	struct progress p;
	int err = 0;

	progress_init(&p, s->cfg->quiet);
	while (!err && run->n_segments < run->want_segments) {
		uint64_t before = atomic_load_explicit(&s->live_delivered, memory_order_relaxed);
		uint64_t elapsed = r->elapsed_ns, after;

		watch(s, r, &p, s->cfg->duration_ns / run->want_segments, signals);
		after = atomic_load_explicit(&s->live_delivered, memory_order_relaxed);
		run->segments[run->n_segments++] =
			(double)(after - before) * 1e9 / (double)(r->elapsed_ns - elapsed);
		if (r->interrupted || atomic_load_explicit(&s->failed, memory_order_acquire))
			break;
		if (run->n_segments < run->want_segments)
			err = intermission(s, run, e);
	}
	progress_done(&p);
	return err;
}
