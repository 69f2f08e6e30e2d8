/* SPDX-License-Identifier: MIT */
/* The check for a table that changed behind the kernel (P13), and what is no such table. */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "emulator/emulator.h"
#include "exec/tablesize.h"

#define MSIX VFIO_PCI_MSIX_IRQ_INDEX

/* An emulator behind something that answers some calls itself. */
struct liar {
	struct backend be;
	struct backend_ops ops;
	struct backend *inner;
	uint32_t count; /* what GET_IRQ_INFO says of MSI-X, 0: the truth */
	uint32_t calls; /* SET_IRQS so far */
	uint32_t most;  /* vectors in use at once */
	uint32_t from;  /* the first of them that gets answer, 1: the very first, 0: none */
	int answer;
	bool once;           /* only that one */
	bool disables, adds; /* only requests with count 0; only others */
};

static int liar_info(struct backend *be, struct vfio_irq_info *info)
{
	struct liar *l = (struct liar *)be;
	int ret = backend_irq_info(l->inner, info);

	if (info->index == MSIX && l->count)
		info->count = l->count;
	return ret;
}

static int note_use(struct liar *l, int ret)
{
	struct emu_state s;

	emulator_state(l->inner, &s);
	l->most = s.active > l->most ? s.active : l->most;
	return ret;
}

static int liar_set(struct backend *be, const void *arg, size_t size)
{
	struct liar *l = (struct liar *)be;
	const struct vfio_irq_set *set = arg;
	bool meant = !(l->disables && set->count) && !(l->adds && !set->count);

	l->calls++;
	if (meant && l->from && l->calls >= l->from && !(l->once && l->calls > l->from))
		return l->answer;
	return note_use(l, l->inner->ops->set_irqs(l->inner, arg, size));
}

static int liar_device(struct backend *be, enum backend_device_op op, uint32_t arg)
{
	return backend_device(((struct liar *)be)->inner, op, arg);
}

static struct tablesize t;
static struct errmsg e;
static struct liar liar;

static void open_with(const struct emu_config *cfg)
{
	memset(&liar, 0, sizeof(liar));
	memset(&e, 0, sizeof(e));
	liar.ops = (struct backend_ops){
		.irq_info = liar_info, .set_irqs = liar_set, .device = liar_device};
	liar.be.ops = &liar.ops;
	cr_assert_eq(emulator_open(cfg, &liar.inner, &e), 0, "%s", e.text);
}

static struct emu_config config(uint32_t vectors, uint32_t grown)
{
	struct emu_config cfg;

	emu_config_default(&cfg);
	cfg.msix_vectors = vectors;
	cfg.msix_grown = grown;
	return cfg;
}

/* The device is as it was found, whatever came out. */
static void close_untouched(const char *what)
{
	struct emu_state s;

	emulator_state(liar.inner, &s);
	cr_assert_eq(s.type, VFIO_PCI_NUM_IRQS, "%s: MSI-X is left enabled", what);
	cr_assert_eq(s.allocated, 0, "%s: host irqs are left", what);
	cr_assert_eq(s.references, 0, "%s: references are left", what);
	backend_close(liar.inner);
}

static void check(const char *what)
{
	cr_assert_eq(tablesize_check(&liar.be, &t, &e), 0, "%s: %s", what, e.text);
	cr_assert_eq(t.calls, liar.calls, "%s: it counts its calls", what);
}

static void expect(const struct emu_config *cfg, enum tablesize_verdict verdict, uint32_t kernel,
		   const char *what)
{
	open_with(cfg);
	check(what);
	cr_assert_eq(t.verdict, verdict, "%s: %s %s", what, tablesize_names[t.verdict], t.why);
	cr_assert_eq(t.kernel, kernel, "%s: the kernel has %u", what, t.kernel);
	close_untouched(what);
}

Test(tablesize, a_table_that_did_not_change)
{
	static const uint32_t sizes[] = {1, 2, 3, 64, 2048};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct emu_config cfg = config(sizes[i], 0);

		expect(&cfg, TABLESIZE_SAME, sizes[i], "in place");
		cr_assert_eq(t.entries, sizes[i], "entries");
		cr_assert_leq(t.calls, 3, "%u calls", t.calls);
		cfg.host_dyn = false;
		expect(&cfg, TABLESIZE_SAME, sizes[i], "all at once");
		cr_assert_not(t.in_place, "NORESIZE");
		cr_assert_leq(t.calls, 2, "%u calls", t.calls);
		emu_config_profile(&cfg, PROFILE_6_1);
		expect(&cfg, TABLESIZE_SAME, sizes[i], "6.1");
	}
}

Test(tablesize, a_table_that_grew_wherever_it_began)
{
	for (uint32_t from = 1; from < 40; from++) {
		for (uint32_t to = from + 1; to <= 40; to++) {
			struct emu_config cfg = config(from, to);

			expect(&cfg, TABLESIZE_GREW, from, "in place");
			cr_assert_eq(t.reported, to, "GET_IRQ_INFO tells");
			cr_assert_eq(t.entries, to, "and so does the table");
			cr_assert(t.in_place, "without NORESIZE");
			cfg.host_dyn = false;
			expect(&cfg, TABLESIZE_GREW, from, "all at once");
			cr_assert_not(t.in_place, "NORESIZE");
		}
	}
}

Test(tablesize, the_largest_growth_takes_few_calls)
{
	struct emu_config cfg = config(1, 2048);

	expect(&cfg, TABLESIZE_GREW, 1, "from 1");
	cr_assert_leq(t.calls, 2 + 11 + 1, "%u calls: all of them refused", t.calls);
	cfg = config(2047, 2048);
	expect(&cfg, TABLESIZE_GREW, 2047, "from 2047");
	cr_assert_leq(t.calls, 2 + 2 * 11 + 1, "%u calls: each disarmed again", t.calls);
}

/* The kernel's log would tell of two: they have one eventfd (R58). */
Test(tablesize, no_two_vectors_are_in_use_at_once)
{
	struct emu_config cfg = config(21, 64);

	expect(&cfg, TABLESIZE_GREW, 21, "in place");
	cr_assert_eq(liar.most, 1, "%u at once", liar.most);
	cfg.host_dyn = false;
	expect(&cfg, TABLESIZE_GREW, 21, "all at once");
	cr_assert_eq(liar.most, 0, "%u at once", liar.most);
}

Test(tablesize, no_descriptor_is_left_open)
{
	struct emu_config cfg = config(21, 64);
	int before = dup(0), after;

	cr_assert_geq(before, 0, "dup");
	close(before);
	expect(&cfg, TABLESIZE_GREW, 21, "grown");
	after = dup(0);
	cr_assert_eq(after, before, "the next descriptor is %d, not %d", after, before);
	close(after);
}

Test(tablesize, growth_does_not_matter_to_6_1)
{
	struct emu_config cfg = config(8, 32);

	emu_config_profile(&cfg, PROFILE_6_1);
	expect(&cfg, TABLESIZE_SAME, 32, "no domain keeps a size");
}

Test(tablesize, a_rebind_cures_it)
{
	struct emu_config cfg = config(8, 32);

	open_with(&cfg);
	check("grown");
	cr_assert_eq(t.verdict, TABLESIZE_GREW, "before");
	cr_assert_eq(backend_device(liar.inner, BACKEND_DEV_REOPEN, 0), 0, "reopen");
	liar.calls = 0;
	check("opened again");
	cr_assert_eq(t.verdict, TABLESIZE_GREW, "opening it again is not enough");
	cr_assert_eq(backend_device(liar.inner, BACKEND_DEV_REBIND, 0), 0, "rebind");
	liar.calls = 0;
	check("bound again");
	cr_assert_eq(t.verdict, TABLESIZE_SAME, "after");
	cr_assert_eq(t.kernel, 32, "all of them");
	close_untouched("rebind");
}

Test(tablesize, the_legal_path_is_no_finding)
{
	struct emu_config cfg = config(8, 0);

	for (int profile = PROFILE_6_1; profile <= PROFILE_6_12; profile++) {
		emu_config_profile(&cfg, (enum profile)profile);
		open_with(&cfg);
		check("before");
		cr_assert_eq(backend_device(liar.inner, BACKEND_DEV_SRIOV_COUNT, 32), -EBUSY,
			     "a driver is bound");
		cr_assert_eq(backend_device(liar.inner, BACKEND_DEV_REBIND, 32), 0, "none is");
		liar.calls = 0;
		check("after");
		cr_assert_eq(t.verdict, TABLESIZE_SAME, "%s", t.why);
		cr_assert_eq(t.kernel, 32, "the next open has the new count");
		close_untouched("legal");
	}
}

Test(tablesize, a_host_out_of_vectors_is_no_finding)
{
	static const uint32_t host[] = {1, 2, 5};

	for (size_t i = 0; i < sizeof(host) / sizeof(host[0]); i++) {
		struct emu_config cfg = config(64, 0);

		cfg.host_vectors = host[i];
		expect(&cfg, TABLESIZE_SAME, 64, "in place");
		cr_assert_eq(t.host_short, host[i] == 1, "one is enabled, one is added");
		cfg.host_dyn = false;
		expect(&cfg, TABLESIZE_SAME, 64, "all at once");
		cr_assert(t.host_short, "64 of %u", host[i]);
		emu_config_profile(&cfg, PROFILE_6_1);
		expect(&cfg, TABLESIZE_SAME, 64, "6.1");
		cr_assert(t.host_short, "64 of %u", host[i]);
	}
}

Test(tablesize, nor_does_it_hide_one)
{
	for (uint32_t host = 1; host < 12; host++) {
		struct emu_config cfg = config(6, 64);

		cfg.host_vectors = host;
		expect(&cfg, TABLESIZE_GREW, 6, "in place");
		cfg.host_dyn = false;
		expect(&cfg, TABLESIZE_GREW, 6, "all at once");
	}
}

Test(tablesize, a_host_without_one_vector_is_asked_for_all)
{
	struct emu_config cfg = config(6, 64);

	open_with(&cfg);
	liar.from = 1;
	liar.once = true;
	liar.answer = -ENOSPC;
	check("the first enable");
	cr_assert_eq(t.verdict, TABLESIZE_GREW, "%s", t.why);
	cr_assert_eq(t.kernel, 6, "the kernel has %u", t.kernel);
	cr_assert_not(t.in_place, "in bulk");
	close_untouched("no vector");

	cfg = config(64, 0);
	for (int answer = -ENOSPC; answer <= 5; answer += ENOSPC + 5) { /* R48: 5 could be had */
		open_with(&cfg);
		liar.from = 1;
		liar.answer = answer;
		check("none at all");
		cr_assert_eq(t.verdict, TABLESIZE_SAME, "%s", t.why);
		cr_assert(t.host_short, "and it says so");
		close_untouched("none at all");
	}
}

Test(tablesize, a_device_without_msix_cannot_be_checked)
{
	struct emu_config cfg = config(0, 0);

	expect(&cfg, TABLESIZE_UNKNOWN, 0, "no MSI-X");
	cr_assert_str_eq(t.why, "the device has no MSI-X");
	cr_assert_eq(t.calls, 0, "nothing is tried");
}

Test(tablesize, another_index_in_use_is_left_alone)
{
	struct emu_config cfg = config(64, 0);
	struct irq_set_buf buf;
	struct emu_state s;
	const int32_t none = -1;

	open_with(&cfg);
	cr_assert_eq(backend_set_irqs(liar.inner,
				      irq_set_eventfds(&buf, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, &none)),
		     0, "INTx");
	check("INTx is enabled");
	cr_assert_eq(t.verdict, TABLESIZE_UNKNOWN, "R18");
	cr_assert(strstr(t.why, "another reason"), "%s", t.why);
	emulator_state(liar.inner, &s);
	cr_assert_eq(s.type, VFIO_PCI_INTX_IRQ_INDEX, "INTx stays");
	backend_close(liar.inner);
}

Test(tablesize, a_kernel_that_refuses_every_vector_says_nothing_of_the_size)
{
	static const int answers[] = {-ERANGE, -EINVAL, -ENODEV, -524};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		for (int dyn = 0; dyn < 2; dyn++) {
			struct emu_config cfg = config(64, 0);

			cfg.host_dyn = dyn;
			open_with(&cfg);
			liar.from = 1;
			liar.answer = answers[i];
			check("refused");
			cr_assert_eq(t.verdict, TABLESIZE_UNKNOWN, "%d", answers[i]);
			cr_assert_eq(t.kernel, 0, "%d", answers[i]);
			cr_assert_neq(t.why[0], '\0', "%d: no reason", answers[i]);
			close_untouched("refused");
		}
	}
}

Test(tablesize, a_machine_that_fails_is_an_error_and_leaves_msix_disabled)
{
	for (uint32_t from = 1; from <= 6; from++) {
		struct emu_config cfg = config(6, 64);

		cfg.host_dyn = from > 1;
		open_with(&cfg);
		liar.from = from;
		liar.adds = true;
		liar.answer = -ENOMEM;
		cr_assert_eq(tablesize_check(&liar.be, &t, &e), -ENOMEM, "call %u", from);
		cr_assert_eq(e.exit, EXIT_ENVIRONMENT, "%s", e.text);
		close_untouched("no memory");
	}
}

Test(tablesize, msix_that_stays_enabled_is_an_error)
{
	struct emu_config cfg = config(64, 0);

	for (int dyn = 0; dyn < 2; dyn++) {
		cfg.host_dyn = dyn;
		open_with(&cfg);
		liar.from = 1;
		liar.disables = true;
		liar.answer = -EIO;
		cr_assert_eq(tablesize_check(&liar.be, &t, &e), -EIO, "disable");
		cr_assert(strstr(e.text, "cannot be disabled"), "%s", e.text);
		backend_close(liar.inner);
	}
}

Test(tablesize, get_irq_info_that_lies_is_found_by_the_table)
{
	struct emu_config cfg = config(64, 0);

	open_with(&cfg);
	liar.count = 16; /* as the kernel would if it kept the number of the first open */
	check("fewer");
	cr_assert_eq(t.verdict, TABLESIZE_DIFFERS, "%s", tablesize_names[t.verdict]);
	cr_assert_eq(t.reported, 16, "reported");
	cr_assert_eq(t.entries, 64, "in the table");
	close_untouched("lie");
}
