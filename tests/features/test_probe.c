/* SPDX-License-Identifier: MIT */
/* probe: which features a device shows when it is asked, and that it is as before afterwards. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "backend/ask.h"
#include "emulator/emulator.h"
#include "exec/target.h"

/* What a probe finds on @target, of what can be probed there. */
static struct features_found ask(const char *target, struct backend **be)
{
	struct backend_desc desc;
	struct errmsg e = {0};

	cr_assert_eq(target_open(target, be, &e), 0, "%s", e.text);
	cr_assert_eq(backend_describe(*be, &desc), 0);
	/* As if nothing but the release of an old kernel were known. */
	features_by_release("5.10.0", "x86_64", &desc.features);
	backend_ask_features(*be, &desc);
	return desc.features;
}

static void finds(const char *target, enum feature f, bool has)
{
	struct features_found found;
	struct backend *be;

	found = ask(target, &be);
	cr_assert_eq(found.by[f], BY_PROBE, "%s: %s", target, feature_rows[f].name);
	cr_assert_eq(feature_in(found.set, f), has, "%s: %s", target, feature_rows[f].name);
	backend_close(be);
}

Test(probe, a_device_shows_what_it_has_and_has_not)
{
	finds("emu:profile=6.12", FEATURE_DYN_MSIX, true);
	finds("emu:profile=6.12,-dyn-msix", FEATURE_DYN_MSIX, false);
	finds("emu:profile=6.12,dyn=0", FEATURE_DYN_MSIX, false);
	finds("emu:profile=6.12-arm64", FEATURE_DYN_MSIX, false);
	finds("emu:profile=6.12", FEATURE_NEGATIVE_FD_REFUSED_ERR_REQ, true);
	finds("emu:profile=6.6", FEATURE_NEGATIVE_FD_REFUSED_ERR_REQ, false);
	finds("emu:profile=7.3,pcie=0", FEATURE_ERR_ANY_FUNCTION, true);
	finds("emu:profile=7.2,pcie=0", FEATURE_ERR_ANY_FUNCTION, false);
	finds("emu:profile=7.2,irq=0", FEATURE_INTX_COUNT_NEEDS_IRQ, true);
	finds("emu:profile=6.12,irq=0", FEATURE_INTX_COUNT_NEEDS_IRQ, false);
}

Test(probe, what_a_device_cannot_show_is_as_the_release_says)
{
	struct features_found found;
	struct backend *be;

	found = ask("emu:profile=7.3,vectors=0", &be);
	cr_assert_eq(found.by[FEATURE_DYN_MSIX], BY_ARCH, "it has no MSI-X");
	cr_assert_eq(found.by[FEATURE_ERR_ANY_FUNCTION], BY_VERSION, "PCIe has ERR anyway");
	cr_assert_eq(found.by[FEATURE_INTX_COUNT_NEEDS_IRQ], BY_VERSION, "it has an irq");
	cr_assert(feature_in(found.set, FEATURE_CONTEXTS_WITHIN_NVEC), "of 5.10");
	backend_close(be);
}

/* Nothing is enabled, and a trigger that is set stays so. */
Test(probe, leaves_no_trace)
{
	static const char *const targets[] = {"emu:profile=6.1", "emu:profile=7.3,pcie=0,irq=0"};

	for (size_t i = 0; i < 2; i++) {
		struct emu_state before, after;
		struct backend_desc desc;
		struct errmsg e = {0};
		struct backend *be;

		cr_assert_eq(target_open(targets[i], &be, &e), 0, "%s", e.text);
		cr_assert_eq(backend_describe(be, &desc), 0);
		emulator_state(be, &before);
		backend_ask_features(be, &desc);
		emulator_state(be, &after);
		cr_assert(!memcmp(&before, &after, sizeof(before)), "%s", targets[i]);
		cr_assert_eq(after.type, VFIO_PCI_NUM_IRQS);
		cr_assert_eq(after.references, 0);
		backend_close(be);
	}
}

static int answer_of;

static int lost_info(void *data, struct vfio_irq_info *info)
{
	(void)data;
	(void)info;
	return answer_of;
}

static int lost_set(void *data, const struct vfio_irq_set *set)
{
	(void)data;
	(void)set;
	return answer_of;
}

Test(probe, a_device_that_does_not_answer_shows_nothing)
{
	static const int answers[] = {-EIO, -ENODEV};
	const struct shape shape = {.known = true, .pin = 1, .irqless = true, .msix = 4};
	const struct probe_device d = {
		.irq_info = lost_info, .set_irqs = lost_set, .shape = &shape, .its = -1};

	for (size_t i = 0; i < 2; i++) {
		struct features_found found;

		answer_of = answers[i];
		features_by_release("7.3.4+deb13-arm64", "aarch64", &found);
		features_probe(&d, &found);
		cr_assert_eq(found.set, profile_features(PROFILE_7_3_ARM64));
		for (enum feature f = 0; f < FEATURES; f++)
			cr_assert_neq(found.by[f], BY_PROBE, "%s", feature_rows[f].name);
	}
}
