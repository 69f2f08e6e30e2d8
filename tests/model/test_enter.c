/* SPDX-License-Identifier: MIT */
/* The way in, GET_IRQ_INFO, exclusivity and lifetime (sections 1.1 to 1.3). */
#include <criterion/criterion.h>
#include <errno.h>

#include "world.h"

Test(model, errors_come_in_the_order_of_the_kernel)
{
	for_each_kernel(cfg)
	{
		struct world w;

		world_open(&w, *cfg);
		tell(&w,
		     "fail 1; set_irqs msix trigger eventfd fds=closed readable=0\nexpect -EIO\n"
		     "set_irqs msix trigger eventfd fds=e0 readable=19\nexpect -EFAULT\n"
		     "set_irqs msix mask eventfd fds=e0 readable=20\nexpect -EFAULT\n"
		     "fail 2; set_irqs msix mask eventfd fds=e0 readable=20\nexpect -ENOMEM\n"
		     "set_irqs msix mask eventfd fds=e0\nexpect -ENOTTY\n"
		     "set_irqs msix mask eventfd fds=e0 argsz=23\nexpect -EINVAL\n");
		assert_state(&w, NONE, 0, 0);
	}
}

Test(model, argsz_short_of_header_or_data_is_einval_and_more_is_fine)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0 argsz=19\nexpect -EINVAL\n"
		 "set_irqs msix trigger eventfd fds=e0,e1 argsz=27\nexpect -EINVAL\n"
		 "set_irqs msix trigger eventfd fds=e0,e1 argsz=4096\nexpect 0\n");
	assert_state(&w, MSIX, 3, 3);
}

Test(model, start_must_be_below_n_even_with_count_0)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0\n"
		 "set_irqs msix trigger none start=8 count=0\nexpect -EINVAL\n"
		 "set_irqs msix trigger none start=4294967295 count=0\nexpect -EINVAL\n"
		 "set_irqs msix trigger none start=7 count=0\nexpect 0\n");
	assert_state(&w, NONE, 0, 0);
}

Test(model, exactly_one_data_type_and_one_action)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs req flags=0x20 count=1\nexpect -EINVAL\n"
		 "set_irqs req flags=0x23 count=1 items=0\nexpect -EINVAL\n"
		 "set_irqs req flags=0x61 count=1\nexpect -EINVAL\n"
		 "set_irqs req flags=0x01 count=1\nexpect -ENOTTY\n"
		 "set_irqs req flags=0x31 count=1\nexpect -ENOTTY\n"
		 "set_irqs intx flags=0x19 count=1\nexpect -ENOTTY\n"
		 "set_irqs index=5 trigger none\nexpect -EINVAL\n");
}

Test(model, info_says_what_can_be_resized)
{
	for_each_kernel(cfg)
	{
		struct world w;

		world_open(&w, *cfg);
		tell(&w, "irq_info intx\nexpect flags=0x7 count=1\n"
			 "irq_info msi\nexpect flags=0x9 count=4\n"
			 "irq_info msix\nexpect flags=0x1 count=8 on 6.12\n"
			 "expect flags=0x9 count=8 on 6.1\n"
			 "irq_info err\nexpect flags=0x9 count=1\n"
			 "irq_info msix argsz=15\nexpect -EINVAL\n"
			 "irq_info index=5\nexpect -EINVAL\n"
			 "fail 1; irq_info msix\nexpect -EIO\n");
	}
}

Test(model, err_without_pcie_cannot_be_addressed)
{
	struct model_config cfg = kernel_6_12();
	struct world w;

	cfg.count[VFIO_PCI_ERR_IRQ_INDEX] = 0;
	world_open(&w, cfg);
	tell(&w, "irq_info err\nexpect -EINVAL\n"
		 "set_irqs err trigger none count=0\nexpect -EINVAL\n"
		 "set_irqs err trigger eventfd fds=e0\nexpect -EINVAL\n");
}

Test(model, only_one_of_intx_msi_and_msix)
{
	for_each_kernel(cfg)
	{
		struct world w;

		world_open(&w, *cfg);
		tell(&w, "set_irqs msi trigger eventfd fds=e0\nexpect 0\n"
			 "set_irqs msix trigger eventfd fds=e0\nexpect -EINVAL\n"
			 "set_irqs intx trigger eventfd fds=e0\nexpect -EINVAL\n"
			 "set_irqs msix trigger none count=0\nexpect -EINVAL\n"
			 "set_irqs msi trigger none count=0\nexpect 0\n"
			 "set_irqs msi trigger none count=0\nexpect -EINVAL\n"
			 "set_irqs msix trigger eventfd fds=e0\nexpect 0\n");
		assert_state(&w, MSIX, 1, 1);
		cr_assert_eq(w.m.references, 1);
	}
}

Test(model, err_and_req_survive_the_others_and_reset_but_not_the_last_close)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs err trigger eventfd fds=e0; set_irqs req trigger eventfd fds=e1\n"
		 "set_irqs msix trigger eventfd fds=e2; set_irqs msix trigger none count=0\n"
		 "reset; flr\n"
		 "fire err; fire req\n"
		 "read e0\nexpect value=1\nread e1\nexpect value=1\n");
	cr_assert_eq(w.m.references, 2);
	tell(&w, "set_irqs intx trigger eventfd fds=e2; disintx 1; reopen\n"
		 "fire err; read e0\nexpect -EAGAIN\n");
	cr_assert_eq(w.m.references, 0);
	cr_assert_eq(w.m.type, NONE);
	cr_assert_not(w.m.virq_disabled);
}

Test(model, reset_keeps_triggers_and_forgets_pending_bits)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0,-1\n"
		 "fire msix 1; entry 1\nexpect value=3\n"
		 "reset\nexpect 0\nentry 1\nexpect value=1\n"
		 "fire msix 0; read e0\nexpect value=1\n"
		 "set_irqs msix trigger eventfd start=1 fds=e1; read e1\nexpect -EAGAIN\n");
	assert_state(&w, MSIX, 3, 3);
}
