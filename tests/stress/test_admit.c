/* SPDX-License-Identifier: MIT */
/* What a device can be asked for: defaults that fit it, and one line for each thing it lacks. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/fault.h"
#include "exec/target.h"
#include "stress/admit.h"

static struct stress_config open_config(const char *strategy)
{
	return (struct stress_config){
		.strategy = strategy_find(strategy),
		.stable = STRESS_STABLE_OWN,
		.producers = 1,
	};
}

static struct backend_desc device(uint32_t msix, uint32_t msi)
{
	struct backend_desc d = {.target = "vfio:X", .trigger = "loopback", .fire_max = msix};

	d.irq[VFIO_PCI_INTX_IRQ_INDEX].count = 1;
	d.irq[VFIO_PCI_MSI_IRQ_INDEX].count = msi;
	d.irq[VFIO_PCI_MSIX_IRQ_INDEX].count = msix;
	d.traits = BACKEND_FIRE_MSI;
	return d;
}

static void expect_fit(const char *strategy, struct backend_desc d, uint32_t vectors,
		       uint32_t stable)
{
	struct stress_config cfg = open_config(strategy);

	admit_fit(&cfg, &d);
	cr_assert_eq(cfg.vectors, vectors, "%s: %u vectors", strategy, cfg.vectors);
	cr_assert_eq(cfg.stable, stable, "%s: %u stable", strategy, cfg.stable);
}

Test(admit, the_default_is_64_vectors_where_the_device_has_them)
{
	expect_fit("dynamic", device(2048, 32), 64, 8);
	expect_fit("dynamic", device(64, 32), 64, 8);
}

Test(admit, the_default_is_what_a_small_device_has)
{
	expect_fit("dynamic", device(16, 32), 16, 2);
	expect_fit("none", device(3, 32), 3, 1);
}

Test(admit, the_default_goes_by_the_index_of_the_strategy)
{
	expect_fit("msi-all", device(64, 4), 4, 1);
	expect_fit("auto", device(0, 8), 8, 1);
}

Test(admit, the_default_is_what_the_trigger_reaches)
{
	struct backend_desc d = device(64, 1);

	d.fire_max = 5;
	expect_fit("dynamic", d, 5, 1);
}

Test(admit, the_only_vector_is_left_to_the_strategy_that_resizes)
{
	expect_fit("dynamic", device(1, 1), 1, 0);
	expect_fit("auto", device(1, 1), 1, 0);
	expect_fit("none", device(1, 1), 1, 1);
}

Test(admit, what_the_user_gave_is_not_touched)
{
	struct stress_config cfg = open_config("dynamic");
	struct backend_desc d = device(16, 1);

	cfg.vectors = 17;
	cfg.stable = 9;
	admit_fit(&cfg, &d);
	cr_assert_eq(cfg.vectors, 17);
	cr_assert_eq(cfg.stable, 9);
}

/* @strategy on @d, as the engine asks. */
static int try(const char *strategy, struct backend_desc d, uint32_t vectors, struct errmsg *e)
{
	struct stress_config cfg = open_config(strategy);
	struct stress_result *r = calloc(1, sizeof(*r));
	struct storm s = {.cfg = &cfg, .desc = d};
	int err;

	memset(e, 0, sizeof(*e));
	cfg.vectors = vectors;
	admit_fit(&cfg, &d);
	admit_choose(&s, r);
	err = admit_check(&s, e);
	free(r);
	return err;
}

static void expect_refused(const char *strategy, struct backend_desc d, uint32_t vectors, int want,
			   enum exit_code code, const char *says)
{
	struct errmsg e;
	int err = try(strategy, d, vectors, &e);

	cr_assert_eq(err, want, "%s: %d: %s", strategy, err, e.text);
	cr_assert_eq(e.exit, code, "exit %d: %s", (int)e.exit, e.text);
	cr_assert(strstr(e.text, says), "no '%s' in: %s", says, e.text);
}

Test(admit, a_number_of_the_users_that_is_too_large_is_a_matter_of_usage)
{
	expect_refused("dynamic", device(16, 1), 17, -EINVAL, EXIT_USAGE,
		       "--vectors 17: vfio:X has 16 MSI-X vectors");
	expect_refused("msi-all", device(16, 4), 8, -EINVAL, EXIT_USAGE, "has 4 MSI vectors");
}

Test(admit, a_device_with_msi_only_is_told_the_strategies_of_msi)
{
	struct errmsg e;

	expect_refused("dynamic", device(0, 4), 0, -ENODEV, EXIT_SKIP,
		       "has no MSI-X, but MSI (vectors: 4): try --resize msi-all");
	expect_refused("none", device(0, 4), 0, -ENODEV, EXIT_SKIP, "--resize msi-all");
	cr_assert_eq(try("auto", device(0, 4), 0, &e), 0, "%s", e.text);
}

Test(admit, a_device_with_msix_only_is_told_auto)
{
	expect_refused("msi-all", device(16, 0), 0, -ENODEV, EXIT_SKIP, "try --resize auto");
}

Test(admit, an_its_takes_powers_of_two_alone_for_msi)
{
	struct backend_desc d = device(16, 16);
	struct errmsg e;

	cr_assert_eq(try("msi-all", d, 6, &e), 0, "%s", e.text);
	cr_assert_eq(try("msi-teardown", d, 8, &e), 0, "%s", e.text);
	d.traits |= BACKEND_ITS;
	cr_assert_eq(try("msi-all", d, 8, &e), 0, "%s", e.text);
	cr_assert_eq(try("msi-all", d, 0, &e), 0, "%s", e.text);
	cr_assert_eq(try("msi-teardown", d, 2, &e), 0, "%s", e.text);
	cr_assert_eq(try("teardown", d, 6, &e), 0, "MSI-X: %s", e.text);
	expect_refused("msi-all", d, 6, -EOPNOTSUPP, EXIT_SKIP, "no power of two");
	/* on its way to 8 it has 3 */
	expect_refused("msi-teardown", d, 8, -EOPNOTSUPP, EXIT_SKIP, "try --resize msi-all");
}

Test(admit, a_device_with_intx_only_has_nothing_to_resize)
{
	expect_refused("auto", device(0, 0), 0, -ENODEV, EXIT_SKIP,
		       "--resize auto: vfio:X has neither MSI-X nor MSI, only INTx");
}

Test(admit, a_trigger_that_cannot_fire_is_told_from_a_device_that_has_no_vectors)
{
	struct backend_desc d = device(16, 4);

	d.fire_max = 0;
	expect_refused("dynamic", d, 0, -EOPNOTSUPP, EXIT_SKIP, "can fire none of its 16 MSI-X");
	d.traits = 0;
	expect_refused("msi-all", d, 0, -EOPNOTSUPP, EXIT_SKIP, "cannot fire MSI");
}

static void expect_run(const char *target, const char *strategy, uint32_t vectors, const char *says)
{
	struct stress_config cfg = open_config(strategy);
	struct stress_result *r = calloc(1, sizeof(*r));
	struct errmsg e = {0};
	struct backend *be;
	int err;

	cfg.vectors = vectors;
	cfg.stable = 2;
	cfg.consumer = CONSUMER_EPOLL;
	cfg.duration_ns = 10 * NSEC_PER_MSEC;
	cfg.no_control = true;
	cfg.quiet = true;
	cr_assert_eq(target_open(target, &be, &e), 0, "%s", e.text);
	err = stress_run(&cfg, be, r, &e);
	cr_assert_eq(err, -ENOSPC, "%s: %d: %s", target, err, e.text);
	cr_assert_eq(e.exit, EXIT_SKIP, "exit %d: %s", (int)e.exit, e.text);
	cr_assert(strstr(e.text, says), "%s: no '%s' in: %s", target, says, e.text);
	backend_close(be);
	free(r);
}

Test(admit, the_limit_of_a_host_is_found_and_not_guessed)
{
	expect_run("emu:vectors=257,hostvecs=200", "none", 257,
		   "grants 200 interrupt vectors and refuses 201");
	expect_run("emu:vectors=257,hostvecs=256", "none", 257,
		   "grants 256 interrupt vectors and refuses 257");
	expect_run("emu:vectors=64,hostvecs=1", "none", 64,
		   "grants 1 interrupt vector and refuses 2");
	expect_run("emu:profile=6.1,vectors=300,hostvecs=129", "none", 300, "use --vectors 129");
}

Test(admit, what_msi_is_granted_is_told_with_the_usual_reason)
{
	expect_run("emu:vectors=0,msi=16,intremap=0", "msi-all", 16,
		   "grants 1 interrupt vector and refuses 2");
	expect_run("emu:vectors=0,msi=16,intremap=0", "msi-all", 16, "without interrupt remapping");
}

struct dying {
	struct backend be;
	bool dead;
};

static int dying_answers(struct backend *be, char *why, size_t size)
{
	if (!((struct dying *)be)->dead)
		return 0;
	snprintf(why, size, "it does not answer");
	return -ENODEV;
}

static void dying_close(struct backend *be)
{
	(void)be;
}

static int blame(bool dead, bool lost, bool faulty, struct errmsg *e)
{
	static const struct backend_ops ops = {.answers = dying_answers, .close = dying_close};
	struct dying d = {.be.ops = &ops, .dead = dead};
	struct stress_result *r = calloc(1, sizeof(*r));
	const struct fault_config none = {.delay_ns = 1};
	struct backend *be = &d.be;
	int err;

	r->fired = 10;
	r->tally.delivered = 9;
	r->tally.lost_unexplained = lost;
	memset(e, 0, sizeof(*e));
	if (faulty)
		cr_assert_eq(fault_wrap(&d.be, &none, &be), 0);
	err = admit_blame(be, r, e);
	if (faulty)
		backend_close(be);
	free(r);
	return err;
}

Test(admit, what_a_dead_device_loses_is_not_told_as_lost)
{
	struct errmsg e;

	cr_assert_eq(blame(true, true, false, &e), -ENODEV);
	cr_assert_eq(e.exit, EXIT_ENVIRONMENT);
	cr_assert_str_eq(e.text, "it does not answer");
	cr_assert_eq(blame(true, true, true, &e), -ENODEV, "behind planted faults, too");
}

Test(admit, what_a_device_that_answers_loses_is)
{
	struct errmsg e;

	cr_assert_eq(blame(false, true, false, &e), 0);
	cr_assert_eq(blame(true, false, false, &e), 0, "nothing to tell");
}
