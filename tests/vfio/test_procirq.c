/* SPDX-License-Identifier: MIT */
#include "vfio/procirq.h"

#include <criterion/criterion.h>
#include <string.h>

#define A "0000:00:04.0"
#define B "0000:00:05.0"

/* As Linux 6.12 prints it. */
static const char sample[] =
	"            CPU0       CPU1       \n"
	"   1:          9          0  IR-IO-APIC    1-edge      i8042\n"
	"  20:          0          3  IR-IO-APIC   20-fasteoi   vfio-intx(" B ")\n"
	"  24:          0          0  DMAR-MSI    0-edge      dmar0\n"
	"  26:          1          0  IR-PCI-MSIX-0000:00:04.0    0-edge      vfio-msix[0](" A ")\n"
	"  27:          1          0  IR-PCI-MSIX-0000:00:04.0   63-edge      vfio-msix[63](" A
	")\n"
	"  28:          1          0  IR-PCI-MSIX-0000:00:04.0   64-edge      vfio-msix[64](" A
	")\n"
	"  29:          1          0  IR-PCI-MSIX-0000:00:04.0 2047-edge      vfio-msix[2047](" A
	")\n"
	" NMI:          0          0   Non-maskable interrupts\n";

static struct procirq_lines parse(const char *text, const char *bdf)
{
	struct procirq_lines lines;

	procirq_parse(text, strlen(text), bdf, &lines);
	return lines;
}

static uint32_t bits(const struct procirq_lines *l)
{
	uint32_t n = 0;

	for (size_t i = 0; i < IRQ_MAX_VECTORS / 64; i++)
		n += (uint32_t)__builtin_popcountll(l->active[i]);
	return n;
}

Test(procirq, finds_every_vector)
{
	struct procirq_lines l = parse(sample, A);

	cr_assert_eq(l.msix, 4);
	cr_assert_eq(l.msi, 0);
	cr_assert_eq(l.intx, 0);
	cr_assert_eq(l.active[0], 1 | UINT64_C(1) << 63);
	cr_assert_eq(l.active[1], 1);
	cr_assert_eq(l.active[31], UINT64_C(1) << 63);
	cr_assert_eq(bits(&l), 4);
}

Test(procirq, intx_is_bit_0)
{
	struct procirq_lines l = parse(sample, B);

	cr_assert_eq(l.intx, 1);
	cr_assert_eq(l.msix + l.msi, 0);
	cr_assert_eq(l.active[0], 1);
}

Test(procirq, no_other_device)
{
	struct procirq_lines l = parse(sample, "0000:00:04.1");

	cr_assert_eq(l.intx + l.msi + l.msix + bits(&l), 0);
}

Test(procirq, shared_line_and_msi)
{
	struct procirq_lines l = parse(
		"  11:  1  IO-APIC  11-fasteoi  ahci, vfio-intx(" A "), vfio-intx(" B ")\n", B);

	cr_assert_eq(l.intx, 1);
	l = parse(" 30: 0 PCI-MSI 1-edge vfio-msi[3](" A ")\n", A);
	cr_assert_eq(l.msi, 1);
	cr_assert_eq(l.active[0], 8);
}

Test(procirq, what_is_cut_or_strange_is_no_line)
{
	static const char *const bad[] = {
		"",
		"vfio-",
		"vfio-msi",
		"vfio-msix",
		"vfio-msix[",
		"vfio-msix[](" A ")",
		"vfio-msix[1",
		"vfio-msix[1](",
		"vfio-msix[1](" A,
		"vfio-msix[2048](" A ")",
		"vfio-msix[99999999999](" A ")",
		"vfio-msix[-1](" A ")",
		"vfio-intx[0](" A ")",
		"vfio-intx(" A,
		"vfio-platform(" A ")",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct procirq_lines l = parse(bad[i], A);

		cr_assert_eq(l.intx + l.msi + l.msix + bits(&l), 0, "%s", bad[i]);
	}
}

Test(procirq, tells_the_cpus_that_took_interrupts)
{
	static const char text[] =
		"            CPU0       CPU2       \n"
		"  20:          7          3  IR-IO-APIC   20-fasteoi   vfio-intx(" A ")\n"
		"  26:         41          1  IR-PCI-MSIX-0000:00:04.0 0-edge vfio-msix[0](" A ")\n"
		"  27:          0        500  IR-PCI-MSIX-0000:00:04.0 1-edge vfio-msix[1](" A ")\n"
		"  28:          9          9  IR-PCI-MSIX-0000:00:05.0 0-edge vfio-msix[0](" B ")\n"
		"  29: 8";
	uint64_t taken[PROCIRQ_CPUS];

	procirq_parse_taken(text, sizeof(text) - 1, A, taken);
	cr_assert_eq(taken[0], 41);
	cr_assert_eq(taken[1], 0);
	cr_assert_eq(taken[2], 501);
}

Test(procirq, reads_the_machine)
{
	cr_assert_eq(procirq_count("ffff:ff:1f.7"), 0);
}
