/* SPDX-License-Identifier: MIT */
/* INTX: enabling, masking, DisINTx and unmasking by eventfd (section 1.4). */
#include <criterion/criterion.h>

#include "world.h"

static struct world *opened(struct model_config cfg, const char *program)
{
	static struct world w;

	world_open(&w, cfg);
	tell(&w, program);
	return &w;
}

Test(model, requests_on_intx_that_is_not_enabled)
{
	for_each_kernel(cfg) opened(*cfg, "set_irqs intx trigger none\nexpect -EINVAL\n"
					  "set_irqs intx trigger none count=0\nexpect -EINVAL\n"
					  "set_irqs intx trigger bool bools=1\nexpect -EINVAL\n"
					  "set_irqs intx mask none\nexpect -EINVAL\n"
					  "set_irqs intx mask eventfd fds=e0\nexpect -EINVAL\n"
					  "set_irqs intx unmask eventfd fds=e0\nexpect -EINVAL\n"
					  "set_irqs intx trigger eventfd fds=e0\nexpect 0\n"
					  "set_irqs intx mask eventfd fds=e0\nexpect -ENOTTY\n"
					  "set_irqs intx trigger bool count=0\nexpect -EINVAL\n");
}

Test(model, intx_enable_is_all_or_nothing)
{
	for_each_kernel(cfg)
	{
		struct world *w = opened(
			*cfg, "set_irqs intx trigger eventfd fds=closed\nexpect -EBADF\n"
			      "set_irqs intx trigger eventfd fds=file\nexpect -EINVAL\n"
			      "fail 3; set_irqs intx trigger eventfd fds=e0\nexpect -EBADF\n"
			      "fail 4; set_irqs intx trigger eventfd fds=e0\nexpect -ENOMEM\n"
			      "fail 6; set_irqs intx trigger eventfd fds=e0\nexpect -EBUSY\n");

		assert_state(w, NONE, 0, 0);
		cr_assert_eq(w->m.references, 0);
	}
}

Test(model, intx_without_trigger_is_enabled_and_silent)
{
	struct world *w = opened(kernel_6_12(), "set_irqs intx trigger eventfd fds=-1\nexpect 0\n"
						"set_irqs intx trigger none\nexpect 0\nline 1\n");

	cr_assert_eq(w->m.type, INTX);
	cr_assert(w->m.intx_masked, "R29: automasked all the same");
	tell(w, "set_irqs intx trigger eventfd fds=e0; read e0\nexpect -EAGAIN\n"
		"set_irqs intx unmask none; read e0\nexpect value=1\n");
}

Test(model, bad_fd_leaves_the_old_intx_trigger_in_force)
{
	opened(kernel_6_12(), "set_irqs intx trigger eventfd fds=e0\n"
			      "set_irqs intx trigger eventfd fds=closed\nexpect -EBADF\n"
			      "set_irqs intx trigger eventfd fds=file\nexpect -EINVAL\n"
			      "set_irqs intx trigger none; read e0\nexpect value=1\n");
}

Test(model, replacing_the_trigger_changes_neither_mask_nor_virqfd)
{
	struct world *w = opened(kernel_6_12(), "set_irqs intx trigger eventfd fds=e0\n"
						"set_irqs intx unmask eventfd fds=e1\n"
						"set_irqs intx mask none\n"
						"set_irqs intx trigger eventfd fds=e2\n");

	cr_assert(w->m.intx_masked);
	cr_assert_eq(w->m.references, 2);
	tell(w, "line 1; read e2\nexpect -EAGAIN\nwrite e1 1; read e2\nexpect value=1\n"
		"read e0\nexpect -EAGAIN\n");
}

Test(model, a_level_line_signals_once_until_unmasked)
{
	opened(kernel_6_12(), "set_irqs intx trigger eventfd fds=e0; line 1; line 1\n"
			      "read e0\nexpect value=1\n"
			      "set_irqs intx unmask none; read e0\nexpect value=1\n"
			      "line 0; set_irqs intx unmask none; read e0\nexpect -EAGAIN\n"
			      "line 1; read e0\nexpect value=1\n");
}

Test(model, loopback_neither_masks_nor_minds_the_mask)
{
	struct world *w =
		opened(kernel_6_12(), "set_irqs intx trigger eventfd fds=e0\n"
				      "set_irqs intx trigger none; read e0\nexpect value=1\n"
				      "set_irqs intx mask none\n"
				      "set_irqs intx trigger bool bools=2; read e0\n"
				      "expect value=1\n");

	cr_assert(w->m.intx_masked);
}

Test(model, disintx_silences_and_its_end_delivers_a_pending_line)
{
	opened(kernel_6_12(), "disintx 1; set_irqs intx trigger eventfd fds=e0; line 1\n"
			      "set_irqs intx trigger none; set_irqs intx unmask none\n"
			      "read e0\nexpect -EAGAIN\n"
			      "disintx 0; read e0\nexpect value=1\n");
}

Test(model, clearing_disintx_cancels_an_earlier_mask)
{
	struct world *w = opened(kernel_6_12(), "set_irqs intx trigger eventfd fds=e0\n"
						"set_irqs intx mask none; disintx 1; disintx 0\n");

	cr_assert_not(w->m.intx_masked, "R34: one bit for both");
}

Test(model, disable_keeps_disintx_and_drops_the_virqfd)
{
	struct world *w = opened(kernel_6_12(), "set_irqs intx trigger eventfd fds=e0\n"
						"set_irqs intx unmask eventfd fds=e1; disintx 1\n"
						"set_irqs intx trigger none count=0\nexpect 0\n");

	cr_assert_eq(w->m.references, 0);
	cr_assert(w->m.virq_disabled);
	tell(w, "set_irqs intx trigger eventfd fds=e0; set_irqs intx trigger none\n"
		"read e0\nexpect -EAGAIN\n");
}

Test(model, a_second_virqfd_is_busy_after_its_lookup)
{
	struct world *w =
		opened(kernel_6_12(), "set_irqs intx trigger eventfd fds=e0\n"
				      "set_irqs intx unmask eventfd fds=e1\nexpect 0\n"
				      "set_irqs intx unmask eventfd fds=closed\nexpect -EBADF\n"
				      "set_irqs intx unmask eventfd fds=file\nexpect -EINVAL\n"
				      "set_irqs intx unmask eventfd fds=e2\nexpect -EBUSY\n"
				      "set_irqs intx unmask eventfd fds=-1\nexpect 0\n"
				      "set_irqs intx unmask eventfd fds=-1\nexpect 0\n"
				      "set_irqs intx unmask eventfd fds=e2\nexpect 0\n");

	cr_assert_eq(w->m.references, 2);
}

Test(model, closing_the_last_descriptor_detaches_the_virqfd)
{
	struct world *w = opened(kernel_6_12(), "set_irqs intx trigger eventfd fds=e0\n"
						"set_irqs intx unmask eventfd fds=e1\n"
						"dup e1 e3; close e1\n");

	cr_assert_eq(w->m.references, 2, "another descriptor is left");
	tell(w, "close e3\n");
	cr_assert_eq(w->m.references, 1);
	tell(w, "set_irqs intx unmask eventfd fds=e2\nexpect 0\n");
}

Test(model, attach_acts_on_a_count_and_leaves_it)
{
	opened(kernel_6_12(), "set_irqs intx trigger eventfd fds=e0; line 1; read e0\n"
			      "write e1 5; set_irqs intx unmask eventfd fds=e1\n"
			      "read e0\nexpect value=1\nread e1\nexpect value=5\n");
}

Test(model, a_write_is_consumed_by_the_virqfd)
{
	opened(kernel_6_12(), "open e1 semaphore\n"
			      "set_irqs intx trigger eventfd fds=e0; line 1; read e0\n"
			      "set_irqs intx unmask eventfd fds=e1; write e1 3\n"
			      "read e0\nexpect value=1\n"
			      "read e1\nexpect value=1\nread e1\nexpect value=1\n"
			      "read e1\nexpect -EAGAIN\n");
}
