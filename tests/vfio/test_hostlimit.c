/* SPDX-License-Identifier: MIT */
/* What a host will refuse, told from /proc/interrupts as several machines show it. */
#include <criterion/criterion.h>
#include <string.h>

#include "vfio/hostlimit.h"

#define BDF "0000:00:04.0"

static const char x86[] =
	"           CPU0       CPU1       \n"
	"  0:         44          0   IO-APIC   2-edge      timer\n"
	"  9:          0          0   IO-APIC   9-fasteoi   acpi\n"
	" 11:          0          7   IO-APIC  11-fasteoi   vfio-intx(" BDF ")\n"
	" 20:          3          0   IO-APIC  20-fasteoi   vfio-intx(" BDF "), ehci_hcd:usb1, "
	"vfio-intx(0000:00:08.0)\n"
	" 21:          3          0   IO-APIC  21-fasteoi \n"
	"120:          0          1  PCI-MSI-0000:00:01.0   0-edge      virtio0-config\n"
	"NMI:          0          0   Non-maskable interrupts\n";
static const char arm[] = "           CPU0\n"
			  " 36:          9     GICv3  36 Level     uart-pl011, " BDF "\n"
			  " 37:          9     GICv3  37 Edge      vfio-intx(" BDF ")\n";

static uint32_t who(const char *text, uint32_t irq, const char *want)
{
	char names[96];
	uint32_t n = hostlimit_sharers(text, strlen(text), irq, BDF, names, sizeof(names));

	cr_assert_str_eq(names, want, "IRQ %u: %s", irq, names);
	return n;
}

Test(hostlimit, others_on_a_line_are_named_and_the_device_itself_is_not)
{
	cr_assert_eq(who(x86, 20, "ehci_hcd:usb1, vfio-intx(0000:00:08.0)"), 2);
	cr_assert_eq(who(x86, 11, ""), 0, "its own");
	cr_assert_eq(who(x86, 21, ""), 0, "nobody's");
	cr_assert_eq(who(x86, 1, ""), 0, "no such line");
	cr_assert_eq(who(x86, 0, "timer"), 1);
	cr_assert_eq(who(arm, 36, "uart-pl011, " BDF), 2);
	cr_assert_eq(who(arm, 37, ""), 0);
	cr_assert_eq(who("", 37, ""), 0);
}

Test(hostlimit, names_are_cut_to_the_room_there_is)
{
	char names[8];

	cr_assert_eq(hostlimit_sharers(x86, strlen(x86), 20, BDF, names, sizeof(names)), 2);
	cr_assert_str_eq(names, "ehci_hc");
}

Test(hostlimit, free_vectors_are_what_debugfs_says)
{
	cr_assert_eq(hostlimit_free("name:   VECTOR\nOnline bitmaps: 2\nGlobal available:    395\n"
				    "Global reserved: 6\n"),
		     395);
	cr_assert_eq(hostlimit_free("Global available: none\n"), -1);
	cr_assert_eq(hostlimit_free(""), -1);
}

static struct hostlimit_facts facts(void)
{
	return (struct hostlimit_facts){
		.interrupts = x86,
		.size = strlen(x86),
		.bdf = BDF,
		.irq = 20,
		.x86 = true,
		.cpus = 2,
		.free = -1,
		.count = {[VFIO_PCI_INTX_IRQ_INDEX] = 1, [VFIO_PCI_MSI_IRQ_INDEX] = 1},
	};
}

static void foretells(const struct hostlimit_facts *f, const char *want)
{
	struct host_limits out;

	hostlimit_foretell(f, &out);
	cr_assert_eq(out.n, want != NULL, "%u: %s", out.n, out.n ? out.text[0] : "");
	if (want)
		cr_assert(strstr(out.text[0], want), "%s", out.text[0]);
}

Test(hostlimit, a_shared_line_without_disintx_is_foretold)
{
	struct hostlimit_facts f = facts();

	foretells(&f, NULL);
	f.no_2_3 = true;
	foretells(&f, "IRQ 20 is shared with ehci_hcd:usb1, vfio-intx(0000:00:08.0)");
	f.irq = 11;
	foretells(&f, "it must have IRQ 11 for itself");
	f.irq = 0;
	foretells(&f, "-ENODEV");
	f.count[VFIO_PCI_INTX_IRQ_INDEX] = 0;
	foretells(&f, NULL);
}

Test(hostlimit, msi_without_remapping_has_one_vector)
{
	static const char remapped[] = "  0:  44  IR-IO-APIC   2-edge      timer\n";
	struct hostlimit_facts f = facts();

	f.count[VFIO_PCI_MSI_IRQ_INDEX] = 16;
	foretells(&f, "MSI: one vector of 16");
	f.x86 = false;
	foretells(&f, NULL);
	f.x86 = true;
	f.interrupts = remapped;
	f.size = strlen(remapped);
	foretells(&f, NULL);
	f.interrupts = NULL;
	foretells(&f, NULL);
}

Test(hostlimit, what_an_its_keeps_is_the_hosts)
{
	struct hostlimit_facts f = facts();
	char text[300];

	f.x86 = false;
	f.count[VFIO_PCI_MSI_IRQ_INDEX] = 16;
	foretells(&f, NULL);
	cr_assert_not(hostlimit_why(&f, VFIO_PCI_MSIX_IRQ_INDEX, 5, text, sizeof(text)));
	f.its = true;
	foretells(&f, "no power of two");
	for (uint32_t i = VFIO_PCI_MSI_IRQ_INDEX; i <= VFIO_PCI_MSIX_IRQ_INDEX; i++) {
		cr_assert(hostlimit_why(&f, i, 5, text, sizeof(text)), "index %u", i);
		cr_assert_not_null(strstr(text, "ITS has room for 5"), "%s", text);
		cr_assert_not(hostlimit_why(&f, i, -EINVAL, text, sizeof(text)));
		cr_assert_not(hostlimit_why(&f, i, -ENOSPC, text, sizeof(text)));
	}
	cr_assert_not(hostlimit_why(&f, VFIO_PCI_INTX_IRQ_INDEX, 5, text, sizeof(text)));
	/* two are always a power of two */
	f.count[VFIO_PCI_MSI_IRQ_INDEX] = 2;
	foretells(&f, NULL);
}

Test(hostlimit, a_host_without_msi_is_seen)
{
	struct hostlimit_facts f = facts();
	char text[160];

	cr_assert(hostlimit_nomsi("ro quiet pci=nomsi\n"));
	cr_assert(hostlimit_nomsi("pci=noaer,nomsi console=ttyS0\n"));
	cr_assert_not(hostlimit_nomsi("pci=nomsix_of_mine,noaer nomsi\n"));
	cr_assert_not(hostlimit_nomsi("ro quiet\n"));
	cr_assert_not(hostlimit_nomsi(""));
	cr_assert_not(hostlimit_why(&f, VFIO_PCI_MSI_IRQ_INDEX, -EINVAL, text, sizeof(text)));
	f.no_msi = true;
	foretells(&f, "MSI and MSI-X are off");
	cr_assert(hostlimit_why(&f, VFIO_PCI_MSI_IRQ_INDEX, -EINVAL, text, sizeof(text)));
	cr_assert(hostlimit_why(&f, VFIO_PCI_MSIX_IRQ_INDEX, -EINVAL, text, sizeof(text)));
	cr_assert_not(hostlimit_why(&f, VFIO_PCI_MSIX_IRQ_INDEX, -ENOSPC, text, sizeof(text)));
	cr_assert_not(hostlimit_why(&f, VFIO_PCI_INTX_IRQ_INDEX, -EINVAL, text, sizeof(text)));
	f.count[VFIO_PCI_MSI_IRQ_INDEX] = 0;
	foretells(&f, NULL);
}

Test(hostlimit, vectors_of_the_host_are_held_against_the_devices)
{
	struct hostlimit_facts f = facts();

	f.count[VFIO_PCI_MSIX_IRQ_INDEX] = 2048;
	foretells(&f, "less than 448 in all (224 for each of 2 CPUs), the device can ask for 2048");
	f.cpus = 64;
	foretells(&f, NULL);
	f.free = 395;
	foretells(&f, "the host has 395 free, the device can ask for 2048");
	f.free = 2048;
	foretells(&f, NULL);
	f.free = -1;
	f.cpus = 2;
	f.x86 = false;
	foretells(&f, NULL);
}

Test(hostlimit, a_refusal_names_who_has_the_line)
{
	struct hostlimit_facts f = facts();
	char text[160];

	cr_assert(hostlimit_why(&f, VFIO_PCI_INTX_IRQ_INDEX, -EBUSY, text, sizeof(text)));
	cr_assert(strstr(text, "IRQ 20 is shared with ehci_hcd:usb1, vfio-intx(0000:00:08.0)"),
		  "%s", text);
	cr_assert(hostlimit_why(&f, VFIO_PCI_INTX_IRQ_INDEX, -ENODEV, text, sizeof(text)));
	cr_assert_not(hostlimit_why(&f, VFIO_PCI_INTX_IRQ_INDEX, -ENOMEM, text, sizeof(text)));
	cr_assert_not(hostlimit_why(&f, VFIO_PCI_MSIX_IRQ_INDEX, -EBUSY, text, sizeof(text)));
	f.irq = 11;
	cr_assert_not(hostlimit_why(&f, VFIO_PCI_INTX_IRQ_INDEX, -EBUSY, text, sizeof(text)),
		      "nobody else is seen on it");
}
