/* SPDX-License-Identifier: MIT */
#include "backend/fault.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/clock.h"
#include "support/units.h"

const char *const fault_names[] = {"drop",        "double", "misroute", "delay",
				   "slow-resize", "die",    NULL};

/* A sleep takes some 60 us more than it was asked for. */
#define SPIN_BELOW_NS (200 * NSEC_PER_USEC)

struct fault_backend {
	struct backend be;
	struct backend_ops ops; /* without those that the inner one lacks */
	struct backend *inner;
	struct fault_config cfg;
	_Atomic uint64_t eligible[FAULT_KINDS];
	_Atomic uint64_t planted[FAULT_KINDS];
	_Atomic uint64_t beside_calls;
	/* 1: the last call armed it and none is in flight. What the engine fires: MSI-X, or MSI. */
	_Atomic uint8_t armed[2][IRQ_MAX_VECTORS];
	bool dropped[2][IRQ_MAX_VECTORS]; /* the fire that fired() will ask about; its one firer's
					   */
};

/* Of @index, of which vectors fire in their own right; -1: none do. */
static int table_of(uint32_t index)
{
	if (index == VFIO_PCI_MSIX_IRQ_INDEX)
		return 0;
	return index == VFIO_PCI_MSI_IRQ_INDEX ? 1 : -1;
}

int fault_parse(struct fault_config *cfg, const char *text)
{
	char copy[96], *n, *rest, *at;
	uint64_t delay = 200 * NSEC_PER_MSEC, before = 0;
	int kind;

	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	at = strchr(copy, '+');
	if (at) {
		*at++ = '\0';
		if (units_parse_count(at, &before))
			return -EINVAL;
	}
	n = strchr(copy, ':');
	if (!n)
		return -EINVAL;
	*n++ = '\0';
	for (kind = 0; fault_names[kind] && strcmp(fault_names[kind], copy); kind++)
		;
	if (!fault_names[kind])
		return -EINVAL;
	rest = strchr(n, ':');
	if (rest) {
		*rest++ = '\0';
		if (kind != FAULT_DELAY || units_parse_duration(rest, &delay))
			return -EINVAL;
	}
	if (units_parse_count(n, &cfg->n[kind]) || !cfg->n[kind])
		return -EINVAL;
	if (at && (kind == FAULT_SLOW_RESIZE || before >= cfg->n[kind]))
		return -EINVAL;
	cfg->before[kind] = before;
	if (kind == FAULT_DELAY)
		cfg->delay_ns = delay;
	return 0;
}

int fault_with_counter(const char *text, const struct fault_counter *c, char *buf, size_t size)
{
	struct fault_config cfg = {0};
	uint64_t count = 0;
	int n;

	if (fault_parse(&cfg, text))
		return -EINVAL;
	for (int i = 0; i < FAULT_KINDS; i++) {
		if (cfg.n[i] && i != FAULT_SLOW_RESIZE)
			count = c->n[i] % cfg.n[i];
	}
	n = snprintf(buf, size, "%.*s", (int)strcspn(text, "+"), text);
	if (count && n >= 0 && (size_t)n < size)
		n += snprintf(buf + n, size - (size_t)n, "+%llu", (unsigned long long)count);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static bool is_armed(struct fault_backend *f, int table, uint32_t vector)
{
	return table >= 0 && vector < IRQ_MAX_VECTORS &&
	       atomic_load_explicit(&f->armed[table][vector], memory_order_acquire);
}

static void pass_time(uint64_t ns)
{
	uint64_t end = clock_ns() + ns;

	if (ns >= SPIN_BELOW_NS)
		clock_sleep_until(end);
	while (clock_ns() < end)
		;
}

/* True for every N-th call with an eligible fire. */
static bool due(struct fault_backend *f, enum fault_kind kind)
{
	uint64_t every = f->cfg.n[kind];

	if (!every ||
	    (atomic_fetch_add_explicit(&f->eligible[kind], 1, memory_order_relaxed) + 1) % every)
		return false;
	atomic_fetch_add_explicit(&f->planted[kind], 1, memory_order_relaxed);
	return true;
}

static void fault_fired(struct backend *be, uint32_t index, uint32_t vector, bool certain)
{
	struct fault_backend *f = (struct fault_backend *)be;
	int table = table_of(index);

	if (table < 0 || vector >= IRQ_MAX_VECTORS)
		return;
	if (f->dropped[table][vector] && !certain) {
		/* Relaxed: counts, read when nothing fires any more. */
		atomic_fetch_sub_explicit(&f->planted[FAULT_DROP], 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&f->beside_calls, 1, memory_order_relaxed);
	}
	f->dropped[table][vector] = false;
}

/* The next armed vector after @vector, or @vector when there is no other. */
static uint32_t neighbour(struct fault_backend *f, int table, uint32_t vector)
{
	for (uint32_t i = 1; i < IRQ_MAX_VECTORS; i++) {
		uint32_t v = (vector + i) % IRQ_MAX_VECTORS;

		if (is_armed(f, table, v))
			return v;
	}
	return vector;
}

static bool is_dead(struct fault_backend *f)
{
	return atomic_load_explicit(&f->planted[FAULT_DIE], memory_order_acquire);
}

static int fault_fire(struct backend *be, uint32_t index, uint32_t vector)
{
	struct fault_backend *f = (struct fault_backend *)be;
	int table = table_of(index);
	uint32_t other;

	if (is_dead(f))
		return 0; /* a write to a BAR of nobody is lost without a word */
	if (!is_armed(f, table, vector))
		return backend_fire(f->inner, index, vector);
	if (due(f, FAULT_DIE))
		return 0;
	if (due(f, FAULT_DROP)) {
		f->dropped[table][vector] = true;
		return 0;
	}
	if (due(f, FAULT_DELAY))
		pass_time(f->cfg.delay_ns);
	if (f->cfg.n[FAULT_MISROUTE]) {
		other = neighbour(f, table, vector);
		if (other != vector && due(f, FAULT_MISROUTE))
			return backend_fire(f->inner, index, other);
	}
	if (due(f, FAULT_DOUBLE))
		backend_fire(f->inner, index, vector);
	return backend_fire(f->inner, index, vector);
}

static void set_armed(struct fault_backend *f, int table, uint32_t vector, bool armed)
{
	atomic_store_explicit(&f->armed[table][vector], armed, memory_order_release);
}

static int set_irqs_slowly(struct fault_backend *f, const void *arg, size_t size)
{
	uint64_t percent = f->cfg.n[FAULT_SLOW_RESIZE], start = percent ? clock_ns() : 0;
	int ret = f->inner->ops->set_irqs(f->inner, arg, size);

	if (percent) {
		pass_time((clock_ns() - start) * percent / 100);
		atomic_fetch_add_explicit(&f->planted[FAULT_SLOW_RESIZE], 1, memory_order_relaxed);
	}
	return ret;
}

static int fault_set_irqs(struct backend *be, const void *arg, size_t size)
{
	struct fault_backend *f = (struct fault_backend *)be;
	const struct vfio_irq_set *set = arg;
	int table = size >= IRQ_SET_HDR_SIZE ? table_of(set->index) : -1;
	bool eventfds = table >= 0 && (set->flags & VFIO_IRQ_SET_DATA_EVENTFD) &&
			set->start < IRQ_MAX_VECTORS &&
			set->count <= IRQ_MAX_VECTORS - set->start &&
			size >= IRQ_SET_HDR_SIZE + set->count * sizeof(int32_t);
	bool disable = table >= 0 && (set->flags & VFIO_IRQ_SET_DATA_NONE) && !set->count;
	uint32_t first = eventfds ? set->start : 0;
	uint32_t end = eventfds ? first + set->count : disable ? IRQ_MAX_VECTORS : 0;
	int ret;

	for (uint32_t v = first; v < end; v++)
		set_armed(f, table, v, false);
	ret = set_irqs_slowly(f, arg, size);
	if (ret == 0 && eventfds) {
		for (uint32_t v = first; v < end; v++) {
			int32_t fd;

			memcpy(&fd, set->data + (v - first) * sizeof(fd), sizeof(fd));
			set_armed(f, table, v, fd >= 0);
		}
	}
	return ret;
}

static int fault_describe(struct backend *be, struct backend_desc *desc)
{
	struct fault_backend *f = (struct fault_backend *)be;
	int err = backend_describe(f->inner, desc);
	struct fault_counter c;

	/* what is done from here on is done again on that target */
	fault_get_counter(be, &c);
	for (int i = 0; i < FAULT_KINDS && !err; i++) {
		size_t n = strlen(desc->target);

		if (!f->cfg.n[i])
			continue;
		snprintf(desc->target + n, sizeof(desc->target) - n, ",fault=%s:%llu",
			 fault_names[i], (unsigned long long)f->cfg.n[i]);
		n = strlen(desc->target);
		if (i == FAULT_DELAY)
			snprintf(desc->target + n, sizeof(desc->target) - n, ":%lluns",
				 (unsigned long long)f->cfg.delay_ns);
		n = strlen(desc->target);
		if (c.n[i])
			snprintf(desc->target + n, sizeof(desc->target) - n, "+%llu",
				 (unsigned long long)c.n[i]);
	}
	return err;
}

static int fault_irq_info(struct backend *be, struct vfio_irq_info *info)
{
	return backend_irq_info(((struct fault_backend *)be)->inner, info);
}

static int fault_reset(struct backend *be)
{
	return backend_reset(((struct fault_backend *)be)->inner);
}

/* A closed device has no vectors (R21): what is fired before the next SET_IRQS is lost by itself.
 */
static int fault_device(struct backend *be, enum backend_device_op op, uint32_t arg)
{
	struct fault_backend *f = (struct fault_backend *)be;

	if (op == BACKEND_DEV_REOPEN || op == BACKEND_DEV_REBIND) {
		for (uint32_t v = 0; v < IRQ_MAX_VECTORS; v++) {
			set_armed(f, 0, v, false);
			set_armed(f, 1, v, false);
		}
	}
	return backend_device(f->inner, op, arg);
}

static int fault_inspect(struct backend *be, struct backend_inspect *out)
{
	return backend_inspect(((struct fault_backend *)be)->inner, out);
}

static int fault_taken(struct backend *be, uint64_t by_cpu[BACKEND_CPUS])
{
	struct fault_backend *f = (struct fault_backend *)be;

	return f->inner->ops->taken(f->inner, by_cpu);
}

static void fault_set_step_hook(struct backend *be, backend_step_hook fn, void *data)
{
	struct backend *inner = ((struct fault_backend *)be)->inner;

	inner->ops->set_step_hook(inner, fn, data);
}

static int fault_mask_entry(struct backend *be, uint32_t vector)
{
	struct fault_backend *f = (struct fault_backend *)be;

	return f->inner->ops->mask_entry(f->inner, vector);
}

static void fault_host_limits(struct backend *be, struct host_limits *out)
{
	backend_host_limits(((struct fault_backend *)be)->inner, out);
}

static bool fault_why_refused(struct backend *be, uint32_t index, int ret, char *buf, size_t size)
{
	return backend_why_refused(((struct fault_backend *)be)->inner, index, ret, buf, size);
}

static int fault_answers(struct backend *be, char *why, size_t size)
{
	if (is_dead((struct fault_backend *)be)) {
		snprintf(why, size, "the device does not answer: a planted fault, die:%llu",
			 (unsigned long long)((struct fault_backend *)be)->cfg.n[FAULT_DIE]);
		return -ENODEV;
	}
	return backend_answers(((struct fault_backend *)be)->inner, why, size);
}

static void fault_close(struct backend *be)
{
	struct fault_backend *f = (struct fault_backend *)be;

	backend_close(f->inner);
	free(f);
}

static const struct backend_ops fault_ops = {
	.describe = fault_describe,
	.irq_info = fault_irq_info,
	.set_irqs = fault_set_irqs,
	.fire = fault_fire,
	.fired = fault_fired,
	.reset = fault_reset,
	.device = fault_device,
	.inspect = fault_inspect,
	.taken = fault_taken,
	.mask_entry = fault_mask_entry,
	.host_limits = fault_host_limits,
	.why_refused = fault_why_refused,
	.answers = fault_answers,
	.set_step_hook = fault_set_step_hook,
	.close = fault_close,
};

int fault_wrap(struct backend *inner, const struct fault_config *cfg, struct backend **out)
{
	struct fault_backend *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->ops = fault_ops;
	if (!inner->ops->device)
		f->ops.device = NULL;
	if (!inner->ops->inspect)
		f->ops.inspect = NULL;
	if (!inner->ops->taken)
		f->ops.taken = NULL;
	if (!inner->ops->mask_entry)
		f->ops.mask_entry = NULL;
	if (!inner->ops->set_step_hook)
		f->ops.set_step_hook = NULL;
	f->be.ops = &f->ops;
	f->inner = inner;
	f->cfg = *cfg;
	fault_set_counter(&f->be, NULL);
	*out = &f->be;
	return 0;
}

bool fault_counts(struct backend *be, struct fault_counts *counts)
{
	struct fault_backend *f = (struct fault_backend *)be;

	if (be->ops->close != fault_close)
		return false;
	for (int i = 0; i < FAULT_KINDS; i++)
		counts->planted[i] = atomic_load_explicit(&f->planted[i], memory_order_relaxed);
	counts->beside_calls = atomic_load_explicit(&f->beside_calls, memory_order_relaxed);
	return true;
}

bool fault_on_fires(struct backend *be)
{
	struct fault_backend *f = (struct fault_backend *)be;

	for (int i = 0; be->ops->close == fault_close && i < FAULT_KINDS; i++) {
		if (f->cfg.n[i] && i != FAULT_SLOW_RESIZE)
			return true;
	}
	return false;
}

bool fault_get_counter(struct backend *be, struct fault_counter *c)
{
	struct fault_backend *f = (struct fault_backend *)be;

	memset(c, 0, sizeof(*c));
	if (be->ops->close != fault_close)
		return false;
	for (int i = 0; i < FAULT_KINDS; i++) {
		if (f->cfg.n[i])
			c->n[i] = atomic_load_explicit(&f->eligible[i], memory_order_relaxed) %
				  f->cfg.n[i];
	}
	return true;
}

void fault_set_counter(struct backend *be, const struct fault_counter *c)
{
	struct fault_backend *f = (struct fault_backend *)be;

	if (be->ops->close != fault_close)
		return;
	for (int i = 0; i < FAULT_KINDS; i++)
		atomic_store_explicit(&f->eligible[i], c ? c->n[i] : f->cfg.before[i],
				      memory_order_relaxed);
}
