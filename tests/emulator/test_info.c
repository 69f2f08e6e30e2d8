/* SPDX-License-Identifier: MIT */
/* What the device says of itself: GET_IRQ_INFO (R14-R17), describe, and which devices there are. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "fixture.h"

static struct vfio_irq_info info_of(struct backend *be, uint32_t index)
{
	struct vfio_irq_info info = {.argsz = 64, .flags = 0xffff, .index = index, .count = 77};

	cr_assert_eq(backend_irq_info(be, &info), 0, "index %u", index);
	cr_assert_eq(info.argsz, 64, "argsz comes back as given");
	return info;
}

static void expect_info(struct backend *be, uint32_t index, uint32_t flags, uint32_t count)
{
	struct vfio_irq_info info = info_of(be, index);

	cr_assert_eq(info.flags, flags, "index %u flags %#x", index, info.flags);
	cr_assert_eq(info.count, count, "index %u count %u", index, info.count);
}

Test(info, dynamic_msix_is_announced_by_6_12)
{
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	expect_info(f.be, INTX, 0x7, 1);
	expect_info(f.be, MSI, 0x9, 16);
	expect_info(f.be, MSIX, 0x1, 64);
	expect_info(f.be, ERR, 0x9, 1);
	expect_info(f.be, REQ, 0x9, 1);
	fixture_close(&f);
}

Test(info, msix_is_noresize_in_6_1)
{
	struct fixture f;

	fixture_open(&f, PROFILE_6_1);
	expect_info(f.be, INTX, 0x7, 1);
	expect_info(f.be, MSI, 0x9, 16);
	expect_info(f.be, MSIX, 0x9, 64);
	fixture_close(&f);
}

static struct host_limits limits_of(uint32_t msi, bool intremap, uint32_t host_vectors)
{
	struct host_limits out;
	struct emu_config cfg;
	struct fixture f;

	emu_config_default(&cfg);
	cfg.msi_vectors = msi;
	cfg.host_intremap = intremap;
	cfg.host_vectors = host_vectors;
	fixture_open_with(&f, cfg);
	backend_host_limits(f.be, &out);
	fixture_close(&f);
	return out;
}

Test(info, a_host_without_interrupt_remapping_foretells_one_vector_of_msi)
{
	struct host_limits out = limits_of(16, false, 0);

	cr_assert_eq(out.n, 1);
	cr_assert(strstr(out.text[0], "MSI: one vector of 16,"), "%s", out.text[0]);
	cr_assert_eq(limits_of(2, false, 0).n, 1);
	cr_assert_eq(limits_of(1, false, 0).n, 0, "it has no more than that");
	cr_assert_eq(limits_of(0, false, 0).n, 0, "no MSI");
	cr_assert_eq(limits_of(16, true, 0).n, 0);
}

Test(info, a_host_short_of_vectors_foretells_how_many_it_has)
{
	struct host_limits out = limits_of(16, true, 4);

	cr_assert_eq(out.n, 1);
	cr_assert(strstr(out.text[0], "the host has 4 in all"), "%s", out.text[0]);
	cr_assert_eq(limits_of(16, false, 4).n, 2, "both");
}

Test(info, msix_is_noresize_where_the_host_cannot_add_vectors)
{
	struct emu_config cfg;
	struct fixture f;

	emu_config_default(&cfg);
	cfg.host_dyn = false;
	fixture_open_with(&f, cfg);
	expect_info(f.be, MSIX, 0x9, 64);
	fixture_close(&f);
}

Test(info, an_absent_index_counts_zero_and_err_of_pci_is_refused)
{
	struct emu_config cfg = {
		.profile = PROFILE_6_12,
		.features = profile_features(PROFILE_6_12),
		.host_dyn = true,
	};
	struct vfio_irq_info err = {.argsz = 16, .index = ERR};
	struct fixture f;

	fixture_open_with(&f, cfg);
	expect_info(f.be, INTX, 0x7, 0);
	expect_info(f.be, MSI, 0x9, 0);
	expect_info(f.be, MSIX, 0x9, 0);
	cr_assert_eq(backend_irq_info(f.be, &err), -EINVAL, "ERR without PCIe (R14)");
	for (uint32_t index = INTX; index <= ERR; index++) {
		cr_assert_eq(set_fd(f.be, index, 0, 0), -EINVAL, "set of absent index %u", index);
		cr_assert_eq(disable(f.be, index), -EINVAL, "disable of absent index %u", index);
		cr_assert_eq(backend_fire(f.be, index, 0), -EINVAL, "fire of index %u", index);
	}
	fixture_close(&f);
}

Test(info, bad_arguments_are_refused)
{
	struct vfio_irq_info small = {.argsz = 15, .index = MSIX};
	struct vfio_irq_info unknown = {.argsz = 16, .index = NO_TYPE};
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	cr_assert_eq(backend_irq_info(f.be, &small), -EINVAL, "argsz 15");
	cr_assert_eq(backend_irq_info(f.be, &unknown), -EINVAL, "index 5");
	fixture_close(&f);
}

Test(info, describe_repeats_the_device)
{
	struct emu_config cfg;
	struct backend_desc desc;
	struct fixture f;

	emu_config_default(&cfg);
	fixture_open_with(&f, cfg);
	cr_assert_eq(backend_describe(f.be, &desc), 0, "describe");
	cr_assert_str_eq(desc.target, "emu:profile=6.12,vectors=64", "default target");
	cr_assert_str_eq(desc.kernel, "6.12 (emulated)", "kernel");
	cr_assert_str_eq(desc.profile, "6.12", "profile");
	cr_assert_str_eq(desc.trigger, "device", "trigger");
	cr_assert_eq(desc.fire_max, 64, "fire_max");
	cr_assert_eq(desc.caps,
		     BACKEND_SYNC_FIRE | BACKEND_HW_FIRE | BACKEND_RESET | BACKEND_MASK_ENTRY,
		     "caps");
	cr_assert_eq(desc.irq[MSIX].flags, 0x1, "MSIX flags");
	cr_assert_eq(desc.irq[MSIX].count, 64, "MSIX count");
	fixture_close(&f);

	cfg = (struct emu_config){.msix_vectors = 2048,
				  .host_vectors = 9,
				  .pba_cleared_on_disable = true,
				  .message_cached = true,
				  .posted = true,
				  .entries_open = true};
	emu_config_profile(&cfg, PROFILE_6_1);
	fixture_open_with(&f, cfg);
	cr_assert_eq(backend_describe(f.be, &desc), 0, "describe");
	cr_assert_str_eq(
		desc.target,
		"emu:profile=6.1,vectors=2048,msi=0,intx=0,pcie=0,pci23=0,dyn=0,intremap=0,"
		"hostvecs=9,pba=clear,msg=cached,posted=1,entries=open",
		"every key that is not the default");
	cr_assert_eq(desc.irq[ERR].count, 0, "no ERR without PCIe");
	fixture_close(&f);
}

Test(info, impossible_devices_do_not_open)
{
	struct emu_config cfg;
	struct backend *be;
	struct errmsg e;

	emu_config_default(&cfg);
	cfg.msix_vectors = 2049;
	cr_assert_eq(emulator_open(&cfg, &be, &e), -EINVAL, "2049 vectors");
	cr_assert_eq(e.exit, EXIT_USAGE, "2049 vectors is a usage error");

	emu_config_default(&cfg);
	cfg.msi_vectors = 3;
	cr_assert_eq(emulator_open(&cfg, &be, &e), -EINVAL, "3 MSI vectors");
	cfg.msi_vectors = 64;
	cr_assert_eq(emulator_open(&cfg, &be, &e), -EINVAL, "64 MSI vectors");

	emu_config_default(&cfg);
	cfg.profile = PROFILES;
	cr_assert_eq(emulator_open(&cfg, &be, &e), -EINVAL, "unknown profile");
}
