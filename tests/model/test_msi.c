/* SPDX-License-Identifier: MIT */
/* MSI and MSI-X: enabling, per-vector steps, roll-back, allocation (section 1.5, P13). */
#include <criterion/criterion.h>

#include "world.h"

Test(model, disable_ignores_start)
{
	for_each_kernel(cfg)
	{
		struct world w;

		world_open(&w, *cfg);
		tell(&w, "set_irqs msix trigger eventfd fds=e0,e1\n"
			 "set_irqs msix trigger none start=2 count=0\nexpect 0\n");
		assert_state(&w, NONE, 0, 0);
		cr_assert_eq(w.m.references, 0);
	}
}

Test(model, first_enable_allocates_everything_below_its_end)
{
	for_each_kernel(cfg)
	{
		struct world w;

		world_open(&w, *cfg);
		tell(&w, "set_irqs msix trigger eventfd start=2 fds=e0\nexpect 0\n");
		assert_state(&w, MSIX, 7, 4);
	}
}

Test(model, enable_with_no_vector)
{
	for_each_kernel(cfg)
	{
		struct world w;

		world_open(&w, *cfg);
		tell(&w, "set_irqs msix trigger eventfd fds=-1\nexpect 0\n");
		assert_state(&w, MSIX, 1, 0);
	}
}

Test(model, a_first_enable_that_fails_disables_again)
{
	for_each_kernel(cfg)
	{
		struct world w;

		world_open(&w, *cfg);
		tell(&w, "set_irqs msix trigger eventfd fds=e0,closed\nexpect -EBADF\n"
			 "set_irqs msi trigger eventfd fds=e0,file\nexpect -EINVAL\n");
		assert_state(&w, NONE, 0, 0);
		cr_assert_eq(w.m.references, 0);
	}
}

Test(model, no_vector_at_all_is_erange_and_a_count_of_0_beyond_enables_since_6_5)
{
	for_each_kernel(cfg)
	{
		struct world w;

		world_open(&w, *cfg);
		tell(&w, "set_irqs msix trigger eventfd count=0\nexpect -ERANGE\n"
			 "set_irqs msix trigger eventfd start=3 count=0\n"
			 "expect 0 on 6.12\nexpect -EINVAL on 6.1\n");
		if (feature_in(cfg->features, FEATURE_CONTEXTS_WITHIN_NVEC))
			assert_state(&w, NONE, 0, 0);
		else
			assert_state(&w, MSIX, 7, 0);
	}
}

Test(model, fewer_msi_vectors_than_asked_for_is_a_positive_number)
{
	for_each_kernel(cfg)
	{
		struct world w;

		cfg->msi_multi = false;
		world_open(&w, *cfg);
		tell(&w, "set_irqs msi trigger eventfd fds=e0,e1\nexpect 1\n");
		assert_state(&w, NONE, 0, 0);
		cr_assert_eq(w.m.references, 0);
		tell(&w, "set_irqs msi trigger eventfd fds=e0\nexpect 0\n");
		assert_state(&w, MSI, 1, 1);
	}
}

Test(model, what_the_host_has_left_is_returned_for_msi_and_refused_for_msix)
{
	for_each_kernel(cfg)
	{
		struct world w;

		cfg->host_vectors = 3;
		world_open(&w, *cfg);
		tell(&w, "set_irqs msi trigger eventfd fds=e0,e1,e2,e3\nexpect 3\n"
			 "set_irqs msix trigger eventfd fds=e0,e1,e2,e3\nexpect -ENOSPC\n"
			 "set_irqs msi trigger eventfd fds=e0,e1,e2\nexpect 0\n");
		assert_state(&w, MSI, 7, 7);
	}
}

Test(model, a_dynamic_add_can_run_out_of_vectors)
{
	struct model_config cfg = kernel_6_12();
	struct world w;

	cfg.host_vectors = 2;
	world_open(&w, cfg);
	tell(&w,
	     "set_irqs msix trigger eventfd fds=e0; set_irqs msix trigger eventfd start=5 fds=e1\n"
	     "expect 0\nset_irqs msix trigger eventfd start=6 fds=e1\nexpect -ENOSPC\n");
	assert_state(&w, MSIX, 0x21, 0x21);
}

Test(model, not_in_d0_nothing_can_be_enabled_but_vectors_can_be_set)
{
	for_each_kernel(cfg)
	{
		struct world w;

		world_open(&w, *cfg);
		tell(&w, "power d3hot; set_irqs msix trigger eventfd fds=e0\nexpect -EINVAL\n"
			 "set_irqs msi trigger eventfd fds=e0\nexpect -EINVAL\n"
			 "power d0; set_irqs msix trigger eventfd fds=e0,e1\nexpect 0\n"
			 "power d3hot; set_irqs msix trigger eventfd start=1 fds=e2\nexpect 0\n"
			 "power d0; fire msix 1; read e2\nexpect value=1\n");
	}
}

Test(model, any_negative_fd_removes_the_trigger)
{
	for_each_kernel(cfg)
	{
		struct world w;

		world_open(&w, *cfg);
		tell(&w, "set_irqs msix trigger eventfd fds=e0,e1,e2\n"
			 "set_irqs msix trigger eventfd fds=-1,-2,-2147483648\nexpect 0\n");
		assert_state(&w, MSIX, 7, 0);
		cr_assert_eq(w.m.references, 0);
	}
}

Test(model, a_bad_fd_takes_the_old_trigger_with_it)
{
	for_each_kernel(cfg)
	{
		struct world w;

		world_open(&w, *cfg);
		tell(&w, "set_irqs msix trigger eventfd fds=e0,e1\n"
			 "set_irqs msix trigger eventfd fds=closed\nexpect -EBADF\n");
		assert_state(&w, MSIX, 3, 2);
		cr_assert_eq(w.m.references, 1);
	}
}

Test(model, rollback_ends_with_start_to_k_without_context)
{
	for_each_kernel(cfg)
	{
		struct world w;

		world_open(&w, *cfg);
		tell(&w, "set_irqs msix trigger eventfd fds=e0,e1,e2,e3,e4\n"
			 "set_irqs msix trigger eventfd fds=e5,e5,closed,e5\nexpect -EBADF\n");
		assert_state(&w, MSIX, 0x1f, 0x18);
		tell(&w, "set_irqs msix trigger none count=5; read e3\nexpect value=1\n"
			 "read e5\nexpect -EAGAIN\n");
	}
}

Test(model, a_failed_dynamic_set_leaves_the_vector_allocated)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0\n"
		 "set_irqs msix trigger eventfd start=4 fds=closed\nexpect -EBADF\n");
	assert_state(&w, MSIX, 0x11, 1);
	tell(&w, "fail 3; set_irqs msix trigger eventfd start=5 fds=e1\nexpect -ENOSPC\n");
	assert_state(&w, MSIX, 0x11, 1);
}

Test(model, beyond_nvec)
{
	for_each_kernel(cfg)
	{
		struct world w;

		world_open(&w, *cfg);
		tell(&w, "set_irqs msix trigger eventfd fds=e0,e1\n"
			 "set_irqs msix trigger none start=1 count=2\n"
			 "expect 0 on 6.12\nexpect -EINVAL on 6.1\n"
			 "set_irqs msix trigger eventfd start=5 fds=-1\n"
			 "expect 0 on 6.12\nexpect -EINVAL on 6.1\n"
			 "set_irqs msix trigger eventfd start=2 count=0\n"
			 "expect 0 on 6.12\nexpect -EINVAL on 6.1\n"
			 "set_irqs msix trigger eventfd start=1 fds=e4,e5\n"
			 "expect 0 on 6.12\nexpect -EINVAL on 6.1\n");
		if (feature_in(cfg->features, FEATURE_CONTEXTS_WITHIN_NVEC))
			assert_state(&w, MSIX, 3, 3);
		else
			assert_state(&w, MSIX, 7, 7);
	}
}

Test(model, msi_never_grows)
{
	for_each_kernel(cfg)
	{
		struct world w;

		world_open(&w, *cfg);
		tell(&w, "set_irqs msi trigger eventfd fds=e0\n"
			 "set_irqs msi trigger eventfd start=1 fds=e1\nexpect -EINVAL\n");
		assert_state(&w, MSI, 1, 1);
	}
}

Test(model, loopback_selects_by_any_byte_and_saturates)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0,e1\n"
		 "set_irqs msix trigger bool bools=0,2\nread e0\nexpect -EAGAIN\n"
		 "read e1\nexpect value=1\n"
		 "write e0 18446744073709551614\nexpect 0\nwrite e0 1\nexpect -EAGAIN\n"
		 "set_irqs msix trigger none; set_irqs msix trigger none\n"
		 "read e0\nexpect value=18446744073709551615\n");
}

Test(model, one_producer_for_each_eventfd_and_no_heir)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0,e0,e1\n");
	cr_assert_eq(bits(&w.m.producer), 0x5);
	tell(&w, "set_irqs msix trigger eventfd fds=-1\n");
	cr_assert_eq(bits(&w.m.producer), 0x4, "R73: the second is not registered again");
}

Test(model, a_failed_registration_is_not_the_result)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=-1\n"
		 "fail 8; set_irqs msix trigger eventfd fds=e0\nexpect 0\n");
	assert_state(&w, MSIX, 1, 1);
	cr_assert_eq(bits(&w.m.producer), 0, "R71");
}

Test(model, the_domain_does_not_follow_a_table_that_grows)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0; table_size 12\n"
		 "irq_info msix\nexpect flags=0x1 count=12\n"
		 "set_irqs msix trigger eventfd start=8 fds=e1\nexpect -ERANGE\n"
		 "set_irqs msix trigger none count=0\n"
		 "set_irqs msix trigger eventfd start=8 fds=e1\nexpect -ERANGE\n"
		 "set_irqs msi trigger eventfd fds=e0; set_irqs msi trigger none count=0\n"
		 "set_irqs msix trigger eventfd start=8 fds=e1\nexpect 0\n");
}

Test(model, rebinding_makes_a_new_domain)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0; table_size 12; sriov_count 12\n"
		 "expect -EBUSY\nrebind\n"
		 "set_irqs msix trigger eventfd start=11 fds=e1\nexpect 0\n");
	assert_state(&w, MSIX, 0xfff, 0x800);
}

Test(model, err_and_req_keep_the_old_trigger_when_the_new_one_is_bad)
{
	for_each_kernel(cfg)
	{
		struct world w;

		world_open(&w, *cfg);
		tell(&w, "set_irqs req trigger none\nexpect -EINVAL\n"
			 "set_irqs req trigger bool bools=1\nexpect 0\n"
			 "set_irqs req trigger eventfd fds=e0\nexpect 0\n"
			 "set_irqs req trigger eventfd fds=closed\nexpect -EBADF\n"
			 "set_irqs req trigger eventfd count=0\nexpect -EINVAL\n"
			 "set_irqs req trigger eventfd fds=-2\n"
			 "expect -EINVAL on 6.12\nexpect 0 on 6.1\n"
			 "set_irqs req mask none\nexpect -ENOTTY\n"
			 "set_irqs req trigger none; fire req; read e0\nexpect value=2\n"
			 "set_irqs req trigger eventfd fds=-1\nexpect 0\n");
		cr_assert_eq(w.m.references, 0);
	}
}
