/* SPDX-License-Identifier: MIT */
#include "bench/cost.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench/describe.h"
#include "support/clock.h"
#include "support/rlimit.h"
#include "vmm/perform.h"

#define PAIRS_MAX   64u /* of one use and one release, in one round of one point */
#define ENABLES_MAX 4u  /* in which they happen: each has one first use */
#define GROWS_FROM  16u

const char *const cost_move_names[COST_MOVES] = {"first_add", "add", "remove"};

int cost_init(struct cost *c, struct backend *be, uint64_t budget_ns, uint64_t seed,
	      struct errmsg *e)
{
	uint32_t most = 0;
	int err;

	*c = (struct cost){.be = be, .budget_ns = budget_ns, .seed = seed};
	err = backend_describe(be, &c->desc);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot describe the device: %s",
				  strerror(-err));
	for (uint32_t i = VFIO_PCI_MSI_IRQ_INDEX; i <= VFIO_PCI_MSIX_IRQ_INDEX; i++)
		most = c->desc.irq[i].count > most ? c->desc.irq[i].count : most;
	/* two for each vector, and the references that the backend takes */
	err = rlimit_nofile(4 * most + 128, "vectors", e);
	if (err)
		return err;
	c->fds = calloc(2 * (size_t)most + 1, sizeof(*c->fds));
	if (!c->fds)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	for (; c->n_fds < 2 * most; c->n_fds++) {
		c->fds[c->n_fds] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (c->fds[c->n_fds] < 0)
			return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "eventfd %u of %u: %s",
					  c->n_fds, 2 * most, strerror(errno));
	}
	return 0;
}

void cost_fini(struct cost *c)
{
	while (c->n_fds)
		close(c->fds[--c->n_fds]);
	free(c->fds);
	c->fds = NULL;
}

bool cost_applies(const struct strategy *st)
{
	/* what is kept when it is released costs a call once */
	return st->pattern && (!st->keeps || st->two_sides);
}

static void cannot(struct cost_curve *curve, const char *why)
{
	curve->cannot = true;
	snprintf(curve->why, sizeof(curve->why), "%s", why);
}

void cost_begin(const struct cost *c, const struct strategy *st, struct cost_curve *curve)
{
	const char *why = describe_cannot(st, &c->desc);

	memset(curve, 0, sizeof(*curve));
	curve->strategy = st;
	curve->limit = c->desc.irq[st->index].count;
	if (why)
		cannot(curve, why);
	else if (curve->limit < 2)
		cannot(curve, "it has fewer than two vectors");
	for (uint32_t held = 1; !curve->cannot && held < curve->limit; held *= 2)
		curve->point[curve->n_points++].held = held;
	/* all that there are, but the one that comes and goes */
	if (curve->n_points && curve->point[curve->n_points - 1].held != curve->limit - 1)
		curve->point[curve->n_points++].held = curve->limit - 1;
}

/* One enable, and what is measured in it. */
struct bout {
	struct cost *cost;
	struct vmm_state state;
	struct performer hands;
	const struct strategy *strategy;
};

static int32_t fd_of(void *data, uint32_t vector, uint32_t side)
{
	const struct bout *b = data;

	return b->cost->fds[2 * vector + side];
}

static int carry_out(struct bout *b, enum vmm_event event, uint32_t vector, uint64_t *ns,
		     struct errmsg *e)
{
	struct vmm_plan plan;
	uint64_t begin;
	int ret;

	strategy_plan(b->strategy, &b->state, event, vector, &plan);
	begin = clock_ns();
	ret = performer_carry_out(&b->hands, &b->state, &plan);
	if (ns)
		*ns = clock_ns() - begin;
	if (!ret && b->state.refusals)
		return errmsg_set(
			e, -ENOSPC, EXIT_ENVIRONMENT,
			"the host refused %s an interrupt vector (%s, %u vectors in use); "
			"at most %u were granted: use a device with fewer, or release some",
			b->strategy->name, strerror(ENOSPC), vector, b->state.most_held);
	if (!ret)
		return 0;
	return errmsg_set(e, ret < 0 ? ret : -EIO,
			  ret == -ENOSPC || ret == -ENOMEM ? EXIT_ENVIRONMENT : EXIT_FINDING,
			  "%s (%s, %u vectors in use) returned %d (%s)", b->hands.text,
			  b->strategy->name, vector, ret,
			  ret < 0 ? strerror(-ret) : "fewer vectors to be had");
}

struct samples {
	double ns[COST_MOVES][PAIRS_MAX * ENABLES_MAX];
	uint32_t n[COST_MOVES];
};

static void keep(struct samples *s, enum cost_move move, uint64_t ns)
{
	s->ns[move][s->n[move]++] = (double)ns;
}

/* Uses and releases vector @held for @budget_ns; one of each at least, after the first use. */
static int measure(struct bout *b, uint32_t held, uint64_t budget_ns, struct samples *s,
		   struct errmsg *e)
{
	uint64_t deadline, ns;
	int err;

	memset(b->state.wanted, 1, held);
	err = carry_out(b, VMM_ENABLE, 0, NULL, e);
	deadline = clock_ns() + budget_ns;
	for (uint32_t i = 0; !err && i < PAIRS_MAX; i++) {
		if (i > 1 && clock_ns() >= deadline)
			break;
		err = carry_out(b, VMM_USE, held, &ns, e);
		if (!err)
			keep(s, i ? COST_ADD : COST_FIRST_ADD, ns);
		if (!err)
			err = carry_out(b, VMM_RELEASE, held, &ns, e);
		if (!err)
			keep(s, COST_REMOVE, ns);
	}
	backend_set_irqs(b->cost->be, irq_set_disable(&b->hands.buf, b->strategy->index));
	return err;
}

static int enable_and_measure(struct cost *c, const struct cost_curve *curve, uint32_t held,
			      struct samples *s, struct errmsg *e)
{
	struct bout b = {.cost = c, .strategy = curve->strategy};
	bool grows = !(c->desc.irq[VFIO_PCI_MSIX_IRQ_INDEX].flags & VFIO_IRQ_INFO_NORESIZE);
	int err;

	if (vmm_state_init(&b.state, curve->limit, held, grows, c->seed)) {
		err = errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
		goto state;
	}
	err = performer_init(&b.hands, c->be, curve->strategy->index, curve->limit, fd_of, &b);
	if (err)
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot set up a resize: %s", strerror(-err));
	else
		err = measure(&b, held, c->budget_ns / ENABLES_MAX, s, e);
	performer_fini(&b.hands);
state:
	vmm_state_fini(&b.state);
	return err;
}

static int measure_point(struct cost *c, struct cost_curve *curve, struct cost_point *p,
			 struct errmsg *e)
{
	struct samples *s = calloc(1, sizeof(*s));
	uint64_t start = clock_ns();
	int err = 0;

	if (!s)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	/* an enable of many vectors may take longer than the budget: then one has to do */
	for (uint32_t i = 0; !err && i < ENABLES_MAX; i++) {
		err = enable_and_measure(c, curve, p->held, s, e);
		if (clock_ns() >= start + 2 * c->budget_ns)
			break;
	}
	for (int m = 0; !err && m < COST_MOVES; m++) {
		p->samples[m] += s->n[m];
		p->round[m][curve->rounds] = stats_median(s->ns[m], s->n[m]).median;
	}
	free(s);
	return err;
}

int cost_round(struct cost *c, struct cost_curve *curve, struct errmsg *e)
{
	uint32_t order[COST_POINTS] = {0}, n = curve->n_points;
	struct rng rng;
	int err = 0;

	if (curve->rounds == COST_ROUNDS_MAX)
		return 0;
	rng_init(&rng, c->seed, curve->rounds);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t k = rng_below(&rng, i + 1);

		order[i] = order[k];
		order[k] = i;
	}
	for (uint32_t i = 0; !err && i < n; i++)
		err = measure_point(c, curve, &curve->point[order[i]], e);
	curve->rounds += !err;
	return err;
}

void cost_finish(struct cost_curve *curve)
{
	for (uint32_t i = 0; i < curve->n_points; i++) {
		struct cost_point *p = &curve->point[i];

		for (int m = 0; m < COST_MOVES; m++)
			p->interval[m] = stats_median(p->round[m], curve->rounds);
	}
}

double cost_growth(const struct cost_curve *curve, enum cost_move move)
{
	uint32_t first = 0, last = curve->n_points;

	while (first < last && curve->point[first].held < GROWS_FROM)
		first++;
	if (first + 1 >= last)
		return NAN;
	return curve->point[last - 1].interval[move].median /
	       curve->point[first].interval[move].median;
}
