/* SPDX-License-Identifier: MIT */
/*
 * Stories: short sequences in which one operation prepares what the next one shows. They are made
 * for the state that is guessed now; where it turns out otherwise they are only less interesting.
 */
#include "program/generator_private.h"

void gen_push(struct generator *g, struct op op)
{
	if (g->queued < GENERATOR_QUEUE)
		g->queue[(g->queue_at + g->queued++) % GENERATOR_QUEUE] = op;
}

static void push_value(struct generator *g, enum op_kind kind, uint64_t value)
{
	struct op op = op_make(kind);

	op.value = value;
	gen_push(g, op);
}

static void push_slot(struct generator *g, enum op_kind kind, int32_t slot, uint64_t value)
{
	struct op op = op_make(kind);

	op.slot = (uint8_t)slot;
	op.value = value;
	gen_push(g, op);
}

static void push_vector(struct generator *g, enum op_kind kind, uint32_t index, uint32_t vector)
{
	struct op op = op_make(kind);

	op.index = index;
	op.start = vector;
	gen_push(g, op);
}

struct cast {
	uint32_t index, vector; /* MSI or MSI-X */
	int32_t a, b;           /* slots */
};

static void fire(struct generator *g, const struct cast *c)
{
	push_vector(g, OP_FIRE, c->index, c->vector);
}

static void read_a(struct generator *g, const struct cast *c)
{
	push_slot(g, OP_READ, c->a, 0);
}

static void arm(struct generator *g, const struct cast *c, int32_t fd)
{
	gen_push(g, gen_set_fd(c->index, c->vector, fd));
}

static void disable(struct generator *g, uint32_t index)
{
	gen_push(g, gen_set(index, GEN_NONE, 0, 0));
}

static void intx(struct generator *g, uint32_t flags, int32_t fd)
{
	struct op op = gen_set_fd(VFIO_PCI_INTX_IRQ_INDEX, 0, fd);

	op.flags = flags;
	if (!(flags & VFIO_IRQ_SET_DATA_EVENTFD))
		op.n = 0;
	gen_push(g, op);
}

/* P8: what is fired while disarmed comes when it is armed again. */
static void replay(struct generator *g, const struct cast *c)
{
	if (gen_percent(g, 70))
		arm(g, c, -1);
	fire(g, c);
	if (gen_percent(g, 40))
		push_vector(g, OP_ENTRY, 0, c->vector);
	arm(g, c, c->a);
	read_a(g, c);
}

/* P8: but not over a disable. */
static void disable_fire_enable(struct generator *g, const struct cast *c)
{
	disable(g, c->index);
	fire(g, c);
	arm(g, c, c->a);
	read_a(g, c);
	fire(g, c);
	read_a(g, c);
}

/* R53: a range that fails in its middle; then who still lives? */
static void roll_back(struct generator *g, const struct cast *c)
{
	struct op op = gen_set(c->index, GEN_EVENTFD, c->vector, 2 + rng_below(g->rng, 4));

	if (op.count > g->count[c->index] - c->vector)
		op.count = g->count[c->index] - c->vector;
	op.n = (uint8_t)op.count;
	for (uint32_t i = 0; i < op.n; i++)
		op.data[i] = (int32_t)((uint32_t)(c->a + (int32_t)i) % PROGRAM_SLOTS);
	gen_push(g, op);
	op.data[gen_below(g, op.n)] = gen_bad_fd(g);
	gen_push(g, op);
	gen_push(g, gen_set(c->index, GEN_NONE, c->vector, op.count));
	fire(g, c);
	read_a(g, c);
}

/* R58, R73: one eventfd on two vectors. */
static void shared(struct generator *g, const struct cast *c)
{
	struct cast other = *c;

	other.vector = c->vector ? c->vector - 1 : c->vector + 1;
	arm(g, c, c->a);
	arm(g, &other, c->a);
	fire(g, c);
	fire(g, &other);
	read_a(g, c);
	arm(g, &other, -1);
	fire(g, c);
	read_a(g, c);
}

/* R59, R67: the counter at its end. */
static void saturate(struct generator *g, const struct cast *c)
{
	arm(g, c, c->a);
	push_slot(g, OP_WRITE, c->a, UINT64_MAX - 1 - rng_below(g->rng, 3));
	gen_push(g, gen_set(c->index, GEN_NONE, c->vector, 1));
	fire(g, c);
	push_slot(g, OP_WRITE, c->a, 1);
	read_a(g, c);
}

/* R50-6: the table is not what the kernel thinks, until the vector is set again. */
static void wiped(struct generator *g, const struct cast *c)
{
	arm(g, c, c->a);
	if (gen_percent(g, 50))
		push_value(g, OP_WIPE, 0);
	else
		push_vector(g, OP_SCRIBBLE, 0, c->vector);
	fire(g, c);
	if (gen_percent(g, 40))
		push_value(g, OP_FAIL, 5 + rng_below(g->rng, 2)); /* that write is not seen */
	arm(g, c, c->b);
	push_vector(g, OP_ENTRY, 0, c->vector);
	fire(g, c);
	push_slot(g, OP_READ, c->b, 0);
	read_a(g, c);
}

/* P5: masked as a whole. */
static void function_mask(struct generator *g, const struct cast *c)
{
	bool scribbled = gen_percent(g, 40);

	if (scribbled)
		arm(g, c, c->a);
	push_value(g, OP_FUNCTION_MASK, !scribbled || gen_percent(g, 60));
	fire(g, c);
	read_a(g, c);
	/* P2: what the table holds now is what counts once the mask is gone. */
	if (scribbled)
		push_vector(g, OP_SCRIBBLE, 0, c->vector);
	else if (gen_percent(g, 50))
		arm(g, c, c->a);
	push_value(g, OP_FUNCTION_MASK, 0);
	if (scribbled)
		fire(g, c);
	read_a(g, c);
}

/* R46, R60, R61: the device is not all there. */
static void absent(struct generator *g, const struct cast *c)
{
	bool power = gen_percent(g, 50);

	if (gen_percent(g, 40))
		disable(g, c->index);
	push_value(g, power ? OP_POWER : OP_MEMORY, power ? 3 : 0);
	arm(g, c, c->a);
	fire(g, c);
	push_value(g, power ? OP_POWER : OP_MEMORY, power ? 0 : 1);
	arm(g, c, c->a);
	fire(g, c);
	read_a(g, c);
}

/* R22: neither kind of reset touches what is set up. */
static void reset(struct generator *g, const struct cast *c)
{
	arm(g, c, c->a);
	push_value(g, gen_percent(g, 50) ? OP_RESET : OP_FLR, 0);
	fire(g, c);
	read_a(g, c);
}

/* P13: the table grows, the kernel's idea of it does not. */
static void grow(struct generator *g, const struct cast *c)
{
	uint32_t n = g->count[VFIO_PCI_MSIX_IRQ_INDEX], more = 1 + rng_below(g->rng, 8);
	struct cast beyond = {.index = VFIO_PCI_MSIX_IRQ_INDEX, .vector = n, .a = c->a};

	if (n + more > IRQ_MAX_VECTORS)
		return;
	arm(g, c, c->a);
	push_value(g, OP_TABLE_SIZE, n + more);
	arm(g, &beyond, c->a);
	if (gen_percent(g, 40)) {
		push_value(g, OP_SRIOV_COUNT, n + more);
		push_value(g, OP_REBIND, n + more);
		arm(g, &beyond, c->a);
	}
	fire(g, &beyond);
	push_vector(g, OP_ENTRY, 0, n);
	read_a(g, c);
}

static void reopen(struct generator *g, const struct cast *c)
{
	arm(g, c, c->a);
	push_value(g, gen_percent(g, 70) ? OP_REOPEN : OP_REBIND, 0);
	fire(g, c);
	arm(g, c, c->b);
	read_a(g, c);
}

/* R30, R33: automask, and a line that stays up. */
static void line(struct generator *g, const struct cast *c)
{
	intx(g, GEN_EVENTFD, c->a);
	push_value(g, OP_LINE, 1);
	read_a(g, c);
	intx(g, GEN_UNMASK | VFIO_IRQ_SET_DATA_NONE, 0);
	if (gen_percent(g, 30))
		intx(g, GEN_EVENTFD, gen_percent(g, 50) ? -1 : c->b);
	push_value(g, OP_LINE, 0);
	intx(g, GEN_UNMASK | VFIO_IRQ_SET_DATA_NONE, 0);
	read_a(g, c);
}

/* R36 to R38: unmasking by eventfd. */
static void virqfd(struct generator *g, const struct cast *c)
{
	int32_t unmask = c->b;

	intx(g, GEN_EVENTFD, c->a);
	if (gen_percent(g, 30))
		push_slot(g, OP_WRITE, unmask, 1 + rng_below(g->rng, 5));
	intx(g, GEN_UNMASK | VFIO_IRQ_SET_DATA_EVENTFD, unmask);
	push_value(g, OP_LINE, 1);
	push_slot(g, OP_WRITE, unmask, 1);
	read_a(g, c);
	if (gen_percent(g, 60))
		push_value(g, OP_LINE, 0);
	push_slot(g, OP_WRITE, unmask, 1);
	if (gen_percent(g, 40)) {
		push_slot(g, OP_CLOSE, unmask, 0);
		push_slot(g, OP_OPEN, unmask, gen_percent(g, 30));
		intx(g, GEN_UNMASK | VFIO_IRQ_SET_DATA_EVENTFD, unmask);
	} else {
		intx(g, GEN_UNMASK | VFIO_IRQ_SET_DATA_EVENTFD, -1);
	}
	read_a(g, c);
}

/* R27, R34: Interrupt Disable against MASK and UNMASK. */
static void disintx(struct generator *g, const struct cast *c)
{
	bool before = gen_percent(g, 40);

	if (before)
		push_value(g, OP_DISINTX, 1);
	intx(g, GEN_EVENTFD, c->a);
	if (!before)
		push_value(g, OP_DISINTX, 1);
	push_value(g, OP_LINE, 1);
	intx(g, gen_percent(g, 50) ? GEN_NONE : GEN_UNMASK | VFIO_IRQ_SET_DATA_NONE, 0);
	read_a(g, c);
	push_value(g, OP_DISINTX, 0);
	read_a(g, c);
	push_value(g, OP_LINE, 0);
}

/* R65: closing a descriptor stops nothing. */
static void closed(struct generator *g, const struct cast *c)
{
	struct op dup = op_make(OP_DUP);

	dup.slot = (uint8_t)c->a;
	dup.slot2 = (uint8_t)c->b;
	arm(g, c, c->a);
	if (gen_percent(g, 60))
		gen_push(g, dup);
	push_slot(g, OP_CLOSE, c->a, 0);
	fire(g, c);
	push_slot(g, OP_READ, c->b, 0);
	push_slot(g, OP_OPEN, c->a, gen_percent(g, 30));
	fire(g, c);
	read_a(g, c);
}

static void (*const msi_stories[])(struct generator *g, const struct cast *c) = {
	replay,   replay, replay,        disable_fire_enable, roll_back, roll_back, shared,
	saturate, wiped,  function_mask, function_mask,       absent,    reset,     grow,
	reopen,   closed, closed};
static void (*const intx_stories[])(struct generator *g,
				    const struct cast *c) = {line, line, virqfd, virqfd, disintx};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void gen_story(struct generator *g)
{
	uint32_t msix = g->count[VFIO_PCI_MSIX_IRQ_INDEX], msi = g->count[VFIO_PCI_MSI_IRQ_INDEX];
	struct cast c = {.index = g->type, .a = gen_slot(g)};
	bool has_intx = g->count[VFIO_PCI_INTX_IRQ_INDEX];

	/* Another slot than a's, most times. */
	c.b = (int32_t)((uint32_t)(c.a + 1 + (int32_t)rng_below(g->rng, 7)) % PROGRAM_SLOTS);
	if (has_intx &&
	    (g->type == VFIO_PCI_INTX_IRQ_INDEX || (!msi && !msix) || gen_percent(g, 15))) {
		if (irq_index_is_msi(g->type))
			disable(g, g->type);
		intx_stories[rng_below(g->rng, COUNT(intx_stories))](g, &c);
		return;
	}
	if (!msi && !msix)
		return;
	if (!irq_index_is_msi(g->type)) {
		if (g->type == VFIO_PCI_INTX_IRQ_INDEX)
			disable(g, g->type);
		c.index = msix && (!msi || gen_percent(g, 70)) ? VFIO_PCI_MSIX_IRQ_INDEX
							       : VFIO_PCI_MSI_IRQ_INDEX;
	}
	c.vector = gen_vector(g, c.index);
	if (c.index == VFIO_PCI_MSIX_IRQ_INDEX && g->cfg.fire_max && c.vector >= g->cfg.fire_max)
		c.vector = rng_below(g->rng, g->cfg.fire_max);
	msi_stories[rng_below(g->rng, COUNT(msi_stories))](g, &c);
}
