/* SPDX-License-Identifier: MIT */
#include "support/crossed.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void is(const char *path, const char *host)
{
	char *name = crossed_name(path);

	cr_assert_str_eq(name, host, "%s is %s, not %s", path, name, host);
	free(name);
}

Test(crossed, outside_a_guest_a_name_is_what_it_is)
{
	unsetenv(CROSSED_VARIABLE);
	is("/in/0.gb", "/in/0.gb");
	is("gb", "gb");
}

Test(crossed, inside_a_file_has_its_hosts_name)
{
	setenv(CROSSED_VARIABLE, "/in/0.gb\tout dir/gb\n/in/1.a.irq\t/x/a.irq\n/out/0.j\tj\n", 1);
	is("/in/0.gb", "out dir/gb");
	is("/in/0.gb/report.html", "out dir/gb/report.html");
	is("/in/1.a.irq", "/x/a.irq");
	is("/out/0.j", "j");
	is("program:/in/1.a.irq", "program:/x/a.irq");
}

Test(crossed, what_did_not_cross_stays)
{
	setenv(CROSSED_VARIABLE, "/in/0.gb\tgb\n", 1);
	is("/in/0.gbc", "/in/0.gbc");
	is("/in/0.g", "/in/0.g");
	is("/tmp/gb", "/tmp/gb");
	is("vfio:auto", "vfio:auto");
	setenv(CROSSED_VARIABLE, "no list", 1);
	is("/in/0.gb", "/in/0.gb");
}

Test(crossed, a_name_that_would_break_the_list_is_not_told)
{
	cr_assert(crossed_can_tell("/in/0.a b", "a\tb"));
	cr_assert_not(crossed_can_tell("/in/0.a\tb", "a\tb"));
	cr_assert_not(crossed_can_tell("/in/0.ab", "a\nb"));
}

Test(crossed, a_message_has_the_hosts_names)
{
	char buf[80];

	setenv(CROSSED_VARIABLE, "/in/0.gb\tgb\n/in/1.a.irq\t/x/a.irq\n", 1);
	crossed_text("/in/0.gb/report.html, /in/1.a.irq: no (/in/0.gb); /in/0.gbc x/in/0.gb", buf,
		     sizeof(buf));
	cr_assert_str_eq(buf, "gb/report.html, /x/a.irq: no (gb); /in/0.gbc x/in/0.gb");
	crossed_text("see /in/1.a.irq", buf, 8);
	cr_assert_str_eq(buf, "see /x/");
}
