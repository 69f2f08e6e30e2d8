/* SPDX-License-Identifier: MIT */
#include "exec/oracle_private.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "emulator/zoo.h"
#include "exec/refused.h"
#include "program/text.h"
#include "support/clock.h"
#include "support/digest.h"

/* A real interrupt is on its way for microseconds; this long, and it is lost. */
#define ARRIVAL_NS 5000000000ull
/* An emulated CPU can sleep through an interrupt until another one wakes it. */
#define NUDGE_NS   500000000ull

#define READING "reading the counter of an eventfd"

void oracle_init(struct oracle *o, struct executor *x, struct exec_result *r)
{
	memset(o, 0, sizeof(*o));
	o->x = x;
	o->r = r;
	r->digest = DIGEST_START;
}

void differ_by(struct oracle *o, enum difference d, uint32_t rule, uint32_t vector,
	       const char *sense, const char *fmt, ...)
{
	va_list ap;

	if (o->r->difference)
		return; /* the first one counts */
	o->r->difference = d;
	o->rule = rule ? rule : finding_rule(d, sense, &o->x->rules, vector);
	snprintf(o->r->sense, sizeof(o->r->sense), "%s", sense);
	va_start(ap, fmt);
	vsnprintf(o->r->text, sizeof(o->r->text), fmt, ap);
	va_end(ap);
}

static void digest(struct oracle *o, uint64_t v)
{
	o->r->digest = digest_add(o->r->digest, v);
}

void oracle_compare(struct oracle *o, const struct op *op, const struct expectation *want,
		    const struct outcome *got)
{
	char a[24], b[24], sense[FINDING_SENSE_MAX];

	if (want->ret != INT32_MIN && want->ret != got->ret) {
		/* How many vectors there could have been is no matter of kind (R48). */
		snprintf(sense, sizeof(sense), "%s, %s",
			 want->ret > 0 ? "positive" : text_ret(want->ret, a, sizeof(a)),
			 got->ret > 0 ? "positive" : text_ret(got->ret, b, sizeof(b)));
		differ(o, DIFF_RETURN, sense, "expected %s, got %s",
		       text_ret(want->ret, a, sizeof(a)), text_ret(got->ret, b, sizeof(b)));
		return;
	}
	if (want->has_value && (got->value < want->value_lo || got->value > want->value_hi))
		differ(o, DIFF_VALUE, more_or_less(want->value_lo, got->value),
		       "expected to read %llu, got %llu", (unsigned long long)want->value_lo,
		       (unsigned long long)got->value);
	if (want->has_info &&
	    (want->info_flags != got->info_flags || want->info_count != got->info_count))
		differ(o, DIFF_INFO, want->info_flags != got->info_flags ? "flags" : "count",
		       "expected flags 0x%x count %u, got flags 0x%x count %u", want->info_flags,
		       want->info_count, got->info_flags, got->info_count);
	if (!got->wrote)
		return;
	differ_by(o, DIFF_WRITTEN, (op->kind == OP_IRQ_INFO ? R(14) : R(3)) + 1, NO_VECTOR,
		  outcome_write_text(got->wrote), "%s", outcome_write_text(got->wrote));
}

const char *outcome_write_text(enum outcome_write w)
{
	static const char *const texts[] = {
		[WROTE_ARGSZ] = "argsz or index came back changed",
		[WROTE_AND_FAILED] = "the call failed, and wrote to the caller's memory",
		[WROTE_BEYOND] = "the call wrote outside the 16 bytes that it is given",
		[WROTE_REQUEST] = "the call wrote to the request, which it only reads",
	};

	return texts[w];
}

bool oracle_lives(struct oracle *o)
{
	enum zoo_oops oops;

	if (__builtin_expect(!(o->x->desc.traits & BACKEND_OOPSES), 1))
		return true;
	oops = emulator_zoo_oops(o->x->be);
	if (!oops)
		return true;
	differ(o, oops == ZOO_ENDLESS_LOOP ? DIFF_HANG : DIFF_CRASH, zoo_oops_text(oops),
	       "the kernel would not have come back: %s", zoo_oops_text(oops));
	return false;
}

/* Interrupts that are on their way are taken when every CPU has run us once. */
static void settle(struct oracle *o)
{
	cpu_set_t all, one;

	if (o->x->desc.caps & BACKEND_SYNC_FIRE)
		return;
	if (sched_getaffinity(0, sizeof(all), &all))
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET((size_t)cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET((size_t)cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
	}
	sched_setaffinity(0, sizeof(all), &all);
}

/* Does a counter tell that the interrupt has come? Not one that is full. */
static bool shows(const struct oracle *o, uint32_t slots)
{
	uint64_t lo, hi;

	for (uint32_t s = 0; s < PROGRAM_SLOTS; s++) {
		if (!(slots >> s & 1))
			continue;
		model_counter(&o->x->model, s, &lo, &hi);
		if (hi < UINT64_MAX)
			return true;
	}
	return false;
}

static void check_counter(struct oracle *o, uint32_t slot)
{
	struct slots *s = o->x->slots;
	uint64_t lo, hi, value = 0, start = 0;
	bool nudged = false;

	model_counter(&o->x->model, slot, &lo, &hi);
	for (;;) {
		int err = s->ops->peek(s, slot, &value);

		if (err) {
			o->err = err;
			o->doing = READING;
			return;
		}
		if (value >= lo || o->x->emulated)
			break;
		if (!start)
			start = clock_ns();
		else if (clock_ns() - start > ARRIVAL_NS)
			break;
		else if (!nudged && clock_ns() - start > NUDGE_NS) {
			settle(o);
			nudged = true;
		}
		sched_yield();
	}
	if (value < lo || value > hi)
		differ(o, DIFF_COUNTER, more_or_less(lo, value),
		       "e%u: expected %llu signals, got %llu", slot,
		       (unsigned long long)(value < lo ? lo : hi), (unsigned long long)value);
}

static void check_counters(struct oracle *o, uint32_t slots)
{
	for (uint32_t s = 0; slots >> s; s++) {
		if (slots >> s & 1)
			check_counter(o, s);
	}
}

void oracle_observe(struct oracle *o, uint32_t slots)
{
	struct executor *x = o->x;
	uint64_t value;

	check_counters(o, slots);
	for (uint32_t s = 0; s < PROGRAM_SLOTS; s++) {
		if ((slots >> s & 1) && !x->slots->ops->peek(x->slots, s, &value))
			model_observe_counter(&x->model, s, value);
	}
	for (uint32_t w = 0; w < MODEL_WORDS; w++) {
		while (x->model.maybe.bits[w]) {
			uint32_t v = w * 64 + (uint32_t)__builtin_ctzll(x->model.maybe.bits[w]);
			int entry = backend_device(x->be, BACKEND_DEV_ENTRY, v);

			model_observe_pending(&x->model, v,
					      entry > 0 && (entry & BACKEND_ENTRY_PENDING));
		}
	}
}

/* Each event of the block came to something, and to no more than one thing. */
void oracle_check_events(struct oracle *o)
{
	const struct model_events *e = &o->x->model.events;
	int sign = model_observe_events(&o->x->model);

	if (sign)
		differ(o, DIFF_COUNTER, sign < 0 ? "less" : "more",
		       "interrupts inside the call: expected %s %u counted or pending, got %llu",
		       sign < 0 ? "at least" : "at most", sign < 0 ? e->least : e->most,
		       (unsigned long long)e->seen);
}

/* Every counter. False: the machine would not tell. */
static bool read_counters(struct oracle *o, uint64_t values[PROGRAM_SLOTS])
{
	o->err = o->x->slots->ops->peek_all(o->x->slots, values);
	o->doing = READING;
	return !o->err;
}

/* Those that are not as expected: check_counter() says so, and waits where it has to. */
static uint32_t suspicious_counters(struct oracle *o, uint64_t values[PROGRAM_SLOTS])
{
	uint64_t lo, hi;
	uint32_t slots = 0;

	if (!read_counters(o, values))
		return 0;
	for (uint32_t s = 0; s < PROGRAM_SLOTS; s++) {
		model_counter(&o->x->model, s, &lo, &hi);
		if (values[s] < lo || values[s] > hi)
			slots |= 1u << s;
	}
	return slots;
}

/* @values: the counters as they were. */
static void check_everything(struct oracle *o, uint64_t values[PROGRAM_SLOTS])
{
	check_counters(o, suspicious_counters(o, values));
	oracle_inspect(o);
}

void oracle_trace(struct oracle *o, const struct op *op, const struct outcome *got, uint32_t at,
		  const char *more)
{
	char ret[24], text[288];

	text_ret(got->ret, ret, sizeof(ret));
	if (op->kind == OP_READ && !got->ret)
		snprintf(text, sizeof(text), "%llu", (unsigned long long)got->value);
	else if (op->kind == OP_IRQ_INFO && !got->ret)
		snprintf(text, sizeof(text), "flags 0x%x count %u", got->info_flags,
			 got->info_count);
	else
		snprintf(text, sizeof(text), "%s", ret);
	if (more)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ", %s", more);
	o->x->trace->line(o->x->trace->data, at, op, text);
}

static void check_breach(struct oracle *o, const struct breach *b)
{
	static const uint32_t rules[BREACH_RULES] = {
		[BREACH_P1] = P(1), [BREACH_P2] = P(2), [BREACH_P6] = P(6), [BREACH_P7] = P(7)};
	char text[160];

	if (!b || !breach_is_finding(b) || o->r->difference)
		return;
	differ_by(o, DIFF_PCI_RULE, rules[b->rule] + 1, b->vector, breach_name(b->rule), "%s",
		  breach_text(b, text, sizeof(text)));
}

/* What a call did on the way, whatever it answers and leaves. */
static void check_inside(struct oracle *o)
{
	const struct slots_ops *ops = o->x->slots->ops;
	const char *misuse = ops->misuse ? ops->misuse(o->x->slots) : NULL;
	char text[160];

	if (o->r->difference)
		return;
	if (__builtin_expect(misuse != NULL, 0))
		differ(o, DIFF_MISUSE, misuse, "the kernel's half %s", misuse);
	if (__builtin_expect(o->x->steps.what != NULL, 0))
		differ_by(o, DIFF_STEP, o->x->steps.rule + 1, o->x->steps.vector, o->x->steps.what,
			  "%s", step_watch_text(&o->x->steps, text, sizeof(text)));
}

void oracle_after(struct oracle *o, const struct op *op, const struct expectation *want,
		  const struct outcome *got, uint32_t at)
{
	uint64_t values[PROGRAM_SLOTS];
	const struct breach *broken;
	char text[160];

	o->last = *got;
	o->last_op = *op;
	o->has_last = true;
	o->last_skipped = false;
	digest(o, (uint64_t)op->kind << 32 ^ (uint32_t)got->ret);
	digest(o, got->value);
	if (op->kind == OP_IRQ_INFO && !got->ret)
		digest(o, (uint64_t)got->info_flags << 32 | got->info_count);
	broken = breach_watch_look(&o->x->breaches, o->x->be, at);
	if (o->x->trace)
		oracle_trace(o, op, got, at,
			     broken ? breach_text(broken, text, sizeof(text)) : NULL);
	if (o->r->difference || o->adrift)
		return;
	check_counters(o, want->slots);
	check_breach(o, broken);
	check_inside(o);
	if (want->silent || (op->kind == OP_FIRE && !shows(o, want->slots)))
		settle(o);
	if (o->x->inspect_every && ++o->since >= o->x->inspect_every)
		check_everything(o, values);
}

void oracle_skip(struct oracle *o)
{
	o->r->skipped++;
	o->last_skipped = true;
}

static bool expect_applies(const struct oracle *o, const struct op *op)
{
	return op_expect_applies(op, o->x->model.cfg.features);
}

/* Another answer than this one is not what the author of the line wondered about. */
__attribute__((format(printf, 2, 3))) static void differ_expect(struct oracle *o, const char *fmt,
								...)
{
	char text[FINDING_SENSE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	differ(o, DIFF_EXPECT, text, "%s", text);
}

void oracle_expect(struct oracle *o, const struct op *op)
{
	char a[24], b[24];

	if (!o->has_last || o->last_skipped || !expect_applies(o, op))
		return;
	if (op->flags & EXPECT_INFO) {
		if (o->last.info_flags != op->index || o->last.info_count != op->count)
			differ_expect(
				o,
				"the program expects flags 0x%x count %u, got flags 0x%x count %u",
				op->index, op->count, o->last.info_flags, o->last.info_count);
	} else if (op->flags & EXPECT_VALUE) {
		uint64_t got = o->last.ret > 0 ? (uint64_t)o->last.ret : o->last.value;

		if (got != op->value)
			differ_expect(o, "the program expects %llu, got %llu",
				      (unsigned long long)op->value, (unsigned long long)got);
	} else if ((int64_t)op->value != o->last.ret) {
		differ_expect(o, "the program expects %s, got %s",
			      text_ret((int32_t)op->value, a, sizeof(a)),
			      text_ret(o->last.ret, b, sizeof(b)));
		if (o->last_refused)
			refused_note(o);
	} else if (o->last_refused) {
		refused_expected(o);
	}
}

void oracle_finish(struct oracle *o)
{
	struct executor *x = o->x;
	uint64_t values[PROGRAM_SLOTS];

	check_breach(o, breach_watch_look(&x->breaches, x->be, o->r->at));
	check_everything(o, values);
	if (x->emulated)
		oracle_check_entries(o);
	/* Those of a device may have come on since. */
	if (o->err || (!x->emulated && !read_counters(o, values)))
		return;
	for (uint32_t s = 0; s < PROGRAM_SLOTS; s++)
		digest(o, values[s]);
	if (o->r->difference || !x->emulated)
		return;
	o->err = backend_device(x->be, BACKEND_DEV_REOPEN, 0);
	if (!o->err && oracle_lives(o)) {
		struct op reopen = op_make(OP_REOPEN);
		struct expectation want;

		model_step(&x->model, &reopen, &want);
		check_inside(o);
		check_breach(o, breach_watch_look(&x->breaches, x->be, o->r->at));
		check_everything(o, values);
		if (o->r->difference) {
			char text[sizeof(o->r->text)];

			snprintf(text, sizeof(text), "%s", o->r->text);
			snprintf(o->r->text, sizeof(o->r->text), "after the last close: %.280s",
				 text);
		}
	}
}
