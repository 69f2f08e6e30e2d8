/* SPDX-License-Identifier: MIT */
/*
 * interleave_turns: the scheduler: fibers that take turns at the emulator's locks and steps.
 *
 * A turn of a schedule is a byte: bits 6 and 7 say who (A, B, the device, the next of them), bits 0
 * to 5 how many places he passes before the turn is over. Who cannot go on, or has nothing left to
 * do, is passed over; when the schedule is over, each runs until he has to wait.
 */
#include <stdarg.h>
#include <string.h>

#include "emulator/emulator.h"
#include "exec/interleave_private.h"
#include "program/text.h"

static const char *const who_names[INTERLEAVE_CALLERS] = {"A", "B", "device"};

const char *interleave_who_name(uint32_t who)
{
	return who_names[who];
}

static void note(struct interleave *il, enum event_kind kind, uint8_t lock, const char *where)
{
	if (il->n_events == INTERLEAVE_EVENTS)
		return;
	il->events[il->n_events++] = (struct event){
		.kind = (uint8_t)kind,
		.who = (uint8_t)il->who,
		.lock = lock,
		.op = (uint8_t)il->caller[il->who].next,
		.where = where,
	};
}

static bool can_run(const struct interleave *il, const struct turn_caller *c)
{
	if (c->finished)
		return false;
	if (c->wants)
		return !c->wants->holder;
	return !c->waits_since || c->waits_since != il->progress + 1;
}

/* @who, or the next one that can; INTERLEAVE_CALLERS: nobody. */
static uint32_t who_can(const struct interleave *il, uint32_t who)
{
	for (uint32_t i = 0; i < INTERLEAVE_CALLERS; i++) {
		uint32_t next = (who + i) % INTERLEAVE_CALLERS;

		if (can_run(il, &il->caller[next]))
			return next;
	}
	return INTERLEAVE_CALLERS;
}

static void switch_to(struct interleave *il, uint32_t who)
{
	struct turn_caller *from = &il->caller[il->who], *to = &il->caller[who];

	if (from == to)
		return;
	note(il, EVENT_LEAVES, 0, NULL);
	from->in_wake = lock_thread.in_wake;
	lock_thread.in_wake = to->in_wake;
	il->who = who;
	fiber_switch(&from->fiber, &to->fiber);
}

/* For ever: what is under way stays so. */
static void go_home(struct interleave *il)
{
	fiber_switch(&il->caller[il->who].fiber, &il->home);
}

__attribute__((format(printf, 4, 5))) static void
find(struct interleave *il, enum interleave_finding finding, const char *key, const char *fmt, ...)
{
	va_list ap;

	il->r->finding = finding;
	snprintf(il->r->key, sizeof(il->r->key), "%s", key);
	va_start(ap, fmt);
	vsnprintf(il->r->text, sizeof(il->r->text), fmt, ap);
	va_end(ap);
	go_home(il);
}

static void append(char *text, size_t size, const char *fmt, const char *a, const char *b,
		   const char *c)
{
	size_t n = strlen(text);

	snprintf(text + n, size - n, fmt, a, b, c);
}

static void append_holdings(const struct turn_caller *c, char *text, size_t size)
{
	for (uint32_t i = 0; i < c->holds; i++)
		append(text, size, "%s%s%s", i ? ", " : " holding ",
		       lock_class_name((enum lock_class)c->held[i]->class), "");
}

/* Who holds what, and waits for what. */
static void find_deadlock(struct interleave *il)
{
	const char *where = NULL; /* of the first, whoever noticed */
	char text[256] = "", key[FINDING_KEY_MAX];

	for (uint32_t i = 0; i < INTERLEAVE_CALLERS; i++) {
		const struct turn_caller *c = &il->caller[i];

		if (c->finished)
			continue;
		where = where ? where : c->where;
		append(text, sizeof(text), "; %s waits for %s in %s", who_names[i],
		       c->wants ? lock_class_name((enum lock_class)c->wants->class)
				: "work to be done",
		       c->where ? c->where : "?");
		append_holdings(c, text, sizeof(text));
	}
	snprintf(key, sizeof(key), "deadlock:R75:%s", where ? where : "?");
	find(il, INTERLEAVE_DEADLOCK, key, "nobody can go on%s", text);
}

/* The caller that runs cannot go on. */
static void run_others(struct interleave *il)
{
	uint32_t next = who_can(il, (il->who + 1) % INTERLEAVE_CALLERS);

	if (next < INTERLEAVE_CALLERS)
		switch_to(il, next);
	else
		find_deadlock(il);
}

static void next_turn(struct interleave *il)
{
	uint8_t turn;
	uint32_t who;

	if (il->turn == il->plan.turns) {
		il->left = UINT32_MAX;
		return;
	}
	turn = il->plan.schedule[il->turn++];
	il->left = turn & 63;
	who = turn >> 6 < INTERLEAVE_CALLERS ? turn >> 6 : (il->who + 1) % INTERLEAVE_CALLERS;
	who = who_can(il, who);
	if (who < INTERLEAVE_CALLERS)
		switch_to(il, who);
}

/* Here another may come in. */
static void place(struct interleave *il)
{
	il->progress++;
	if (!il->left)
		next_turn(il);
	else
		il->left--;
}

static void check_order(struct interleave *il, const struct turn_caller *c,
			const struct lock *wanted, const char *where)
{
	const char *held, *wants = lock_class_name((enum lock_class)wanted->class);
	char key[FINDING_KEY_MAX];

	for (uint32_t i = 0; i < c->holds; i++) {
		if (c->held[i]->class < wanted->class)
			continue;
		held = lock_class_name((enum lock_class)c->held[i]->class);
		snprintf(key, sizeof(key), "lock-order:R75:%s/%s", held, wants);
		find(il, INTERLEAVE_LOCK_ORDER, key, "%s takes %s in %s while it holds %s",
		     who_names[il->who], wants, where, held);
	}
}

/* A lock that was left out at one end, or at the other. */
static void find_discipline(struct interleave *il, const struct lock *lock, const char *fmt,
			    const char *where)
{
	const char *class = lock_class_name((enum lock_class)lock->class);
	char key[FINDING_KEY_MAX], text[160] = "";

	append(text, sizeof(text), fmt, class, where, "");
	snprintf(key, sizeof(key), "lock-held:R75:%s", class);
	find(il, INTERLEAVE_LOCK_ORDER, key, "%s %s", who_names[il->who], text);
}

static void on_take(struct lock_scheduler *s, struct lock *lock, const char *where)
{
	struct interleave *il = (struct interleave *)s;
	struct turn_caller *c = &il->caller[il->who];

	check_order(il, c, lock, where);
	if (lock->class != LOCK_FILES)
		place(il);
	if (lock->holder) {
		note(il, EVENT_WANTS, lock->class, where);
		c->wants = lock;
		c->where = where;
		while (lock->holder)
			run_others(il);
		c->wants = NULL;
	}
	lock->holder = (uint8_t)(il->who + 1);
	c->held[c->holds++] = lock;
	if (lock->class != LOCK_FILES)
		note(il, EVENT_TAKES, lock->class, where);
}

static void on_drop(struct lock_scheduler *s, struct lock *lock, const char *where)
{
	struct interleave *il = (struct interleave *)s;
	struct turn_caller *c = &il->caller[il->who];
	uint32_t i = c->holds;

	while (i && c->held[i - 1] != lock)
		i--;
	if (!i)
		find_discipline(il, lock, "drops %s, which it does not hold, in %s", where);
	for (; i && i < c->holds; i++)
		c->held[i - 1] = c->held[i];
	c->holds--;
	lock->holder = 0;
	if (lock->class == LOCK_FILES)
		return;
	note(il, EVENT_DROPS, lock->class, where);
	place(il);
}

static void on_step(struct lock_scheduler *s, const char *where)
{
	struct interleave *il = (struct interleave *)s;

	note(il, EVENT_STEPS, 0, where);
	place(il);
}

static void on_wait(struct lock_scheduler *s, const char *where)
{
	struct interleave *il = (struct interleave *)s;
	struct turn_caller *c = &il->caller[il->who];

	note(il, EVENT_WAITS, 0, where);
	c->where = where;
	c->waits_since = il->progress + 1;
	run_others(il);
	c->waits_since = 0;
}

static void on_guards(struct lock_scheduler *s, const struct lock *lock, const char *where)
{
	struct interleave *il = (struct interleave *)s;

	if (lock->holder != il->who + 1)
		find_discipline(il, lock, "does not hold %s in %s, where it is needed", where);
}

static void on_misuse(struct lock_scheduler *s, const char *what, const char *where)
{
	struct interleave *il = (struct interleave *)s;
	const struct turn_op *op = il->caller[il->who].ops[il->caller[il->who].next];
	char key[FINDING_KEY_MAX], class[48];

	snprintf(key, sizeof(key), "use-after-put:R66:%s",
		 text_op_class(&op->op, class, sizeof(class)));
	find(il, INTERLEAVE_MISUSE, key, "%s %s (%s)", who_names[il->who], what, where);
}

static void perform(struct interleave *il, struct turn_op *t)
{
	struct executor *x = il->x;
	struct op fail = op_make(OP_FAIL);

	/* Nobody comes in between the two: there is no place before the call has taken it. */
	if (t->fail) {
		fail.value = t->fail;
		executor_perform(x, &fail, &t->out);
	}
	if (t->op.kind == OP_LINE) {
		emulator_set_line(x->be, t->op.value != 0);
		memset(&t->out, 0, sizeof(t->out));
		return;
	}
	executor_perform(x, &t->op, &t->out);
}

static void run_caller(void *data)
{
	struct turn_caller *c = data;
	struct interleave *il = c->il;
	uint32_t next;

	for (; c->next < c->n; c->next++) {
		place(il);
		note(il, EVENT_BEGINS, 0, NULL);
		perform(il, c->ops[c->next]);
		note(il, EVENT_ENDS, 0, NULL);
		if (c->holds)
			find_discipline(il, c->held[0], "still holds %s when it has done %s",
					"its operation");
		il->progress++;
	}
	c->finished = true;
	next = who_can(il, (il->who + 1) % INTERLEAVE_CALLERS);
	if (next < INTERLEAVE_CALLERS)
		switch_to(il, next);
	for (uint32_t i = 0; i < INTERLEAVE_CALLERS; i++) {
		if (!il->caller[i].finished)
			find_deadlock(il);
	}
	go_home(il);
}

void interleave_turns(struct interleave *il)
{
	il->turn = 0;
	il->left = 0;
	il->who = CALLER_A;
	il->progress = 0;
	il->n_events = 0;
	for (uint32_t i = 0; i < INTERLEAVE_CALLERS; i++) {
		struct turn_caller *c = &il->caller[i];

		c->next = c->holds = 0;
		c->wants = NULL;
		c->where = NULL;
		c->waits_since = 0;
		c->in_wake = c->finished = false;
		fiber_prepare(&c->fiber, run_caller, c);
	}
	il->scheduler = (struct lock_scheduler){
		.take = on_take,
		.drop = on_drop,
		.step = on_step,
		.wait = on_wait,
		.guards = on_guards,
		.misuse = on_misuse,
	};
	lock_thread.scheduler = &il->scheduler;
	fiber_switch(&il->home, &il->caller[il->who].fiber);
	lock_thread.scheduler = NULL;
	lock_thread.in_wake = false;
}
