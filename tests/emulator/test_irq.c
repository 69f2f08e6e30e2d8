/* SPDX-License-Identifier: MIT */
/* Host irqs by themselves: what a message that is late, or lost, finds. */
#include <criterion/criterion.h>

#include "emulator/function.h"
#include "emulator/irq.h"

static struct host host;
static struct msg_table table;

static void setup(void)
{
	cr_assert_eq(host_init(&host, 4), 0, "host");
	cr_assert_eq(msg_table_init(&table, &host, 4, true), 0, "table");
	host_new_domain(&host);
}

static void teardown(void)
{
	msg_table_fini(&table);
	host_fini(&host);
}

TestSuite(irq, .init = setup, .fini = teardown);

static void count(void *data)
{
	++*(int *)data;
}

static void expect_stats(uint64_t sent, uint64_t dropped)
{
	uint64_t s, d;

	host_stats(&host, &s, &d);
	cr_assert_eq(s, sent, "sent %lu", s);
	cr_assert_eq(d, dropped, "dropped %lu", d);
}

Test(irq, a_message_in_flight_over_a_free_is_lost)
{
	struct host_irq *irq = host_alloc_irq(&host, &table, 2);
	struct msi_msg msg = host_compose_msg(&host, irq);
	int calls = 0;

	host_request_irq(irq, count, &calls);
	host_deliver(&host, msg);
	host_free_irq(irq);
	host_deliver(&host, msg);
	cr_assert_eq(calls, 1, "R80");
	expect_stats(1, 1);
	host_request_irq(irq, count, &calls);
	host_deliver(&host, msg);
	cr_assert_eq(calls, 2, "in flight over a replace, it finds the new handler");
}

Test(irq, a_message_of_an_earlier_domain_does_not_find_who_has_its_slot_now)
{
	struct host_irq *irq = host_alloc_irq(&host, &table, 2), *next;
	struct msi_msg msg = host_compose_msg(&host, irq);
	int calls = 0;

	host_release_irq(&host, irq);
	host_new_domain(&host);
	next = host_alloc_irq(&host, &table, 3);
	cr_assert_eq(next, irq, "the slot is used again");
	host_request_irq(next, count, &calls);
	host_deliver(&host, msg);
	cr_assert_eq(calls, 0, "misrouted");
	host_deliver(&host, host_compose_msg(&host, next));
	cr_assert_eq(calls, 1, "its own message arrives");
	expect_stats(1, 1);
}

Test(irq, a_message_to_nowhere_is_counted)
{
	host_deliver(&host, (struct msi_msg){.address = MSI_MSG_ADDRESS, .data = 4});
	host_deliver(&host, (struct msi_msg){.address = MSI_MSG_ADDRESS, .data = 0});
	expect_stats(0, 2);
}

Test(irq, the_lowest_free_slot_is_given)
{
	struct host_irq *irqs[4];

	for (uint32_t i = 0; i < 4; i++) {
		irqs[i] = host_alloc_irq(&host, &table, i);
		cr_assert_eq(host_irq_number(&host, irqs[i]), HOST_IRQ_BASE + i, "slot %u", i);
	}
	cr_assert_null(host_alloc_irq(&host, &table, 0), "none is left");
	host_release_irq(&host, irqs[2]);
	host_release_irq(&host, irqs[1]);
	cr_assert_eq(host_alloc_irq(&host, &table, 0), irqs[1], "the lower of two");
	cr_assert_eq(host_alloc_irq(&host, &table, 0), irqs[2], "then the other");
	cr_assert_null(host_alloc_irq(&host, &table, 0), "none is left");
}
