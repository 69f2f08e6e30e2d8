/* SPDX-License-Identifier: MIT */
#include "guest/modules.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *params(const char *cmdline, const char *name)
{
	static char buf[64];

	return module_params(cmdline, name, buf, sizeof(buf));
}

Test(module_params, belongs_to_its_module)
{
	const char *line = "console=ttyS0 vfio-pci.nointxmask=1 vfio_pci.ids=1af4:1110 "
			   "vfio_iommu_type1.allow_unsafe_interrupts=1 quiet\n";

	cr_assert_str_eq(params(line, "vfio_pci"), "nointxmask=1 ids=1af4:1110");
	cr_assert_str_eq(params(line, "vfio_iommu_type1"), "allow_unsafe_interrupts=1");
	cr_assert_str_eq(params(line, "vfio"), "");
	cr_assert_str_eq(params(line, "vfio_pci_core"), "");
}

Test(module_params, dash_is_underscore_in_the_module_only)
{
	cr_assert_str_eq(params("vfio-iommu_type1.a-b=c-d", "vfio_iommu_type1"), "a-b=c-d");
}

Test(module_params, quotes_hold_blanks)
{
	cr_assert_str_eq(params("vfio.a=\"x y\" vfio.b", "vfio"), "a=\"x y\" b");
	cr_assert_str_eq(params("x=\" vfio.a=1 \" vfio.b=2", "vfio"), "b=2");
}

Test(module_params, nothing_to_find)
{
	static const char *const lines[] = {"",      " ",       "vfio", "vfio.", "vfio=1",
					    "vfi.a", "xvfio.a", "\n",   "  \n ", "vfio. a=1"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		cr_assert_str_eq(params(lines[i], "vfio"), "", "'%s'", lines[i]);
}

Test(module_params, what_does_not_fit_is_left_out_whole)
{
	char buf[8];

	cr_assert_str_eq(module_params("m.abc=1 m.abcdefgh=1 m.x", "m", buf, sizeof(buf)),
			 "abc=1 x");
	cr_assert_str_eq(module_params("m.abcdefg", "m", buf, sizeof(buf)), "");
	cr_assert_str_eq(module_params("m.abcdef", "m", buf, sizeof(buf)), "abcdef");
}
