/* SPDX-License-Identifier: MIT */
#include "vfio/hostlimit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the 256 vectors of an x86 CPU, less the exceptions; the kernel takes some more for itself. */
#define X86_VECTORS 224u

struct span {
	const char *p, *end;
};

/* The next word of @s, which moves behind it; empty at the end. */
static struct span word(struct span *s)
{
	struct span w;

	while (s->p < s->end && *s->p == ' ')
		s->p++;
	w.p = s->p;
	while (s->p < s->end && *s->p != ' ')
		s->p++;
	w.end = s->p;
	return w;
}

static bool is(struct span w, const char *text)
{
	return (size_t)(w.end - w.p) == strlen(text) && !memcmp(w.p, text, strlen(text));
}

static bool is_number(struct span w)
{
	for (const char *p = w.p; p < w.end; p++) {
		if (*p < '0' || *p > '9')
			return false;
	}
	return w.p < w.end;
}

/* The line of @irq, behind its colon. */
static bool find_line(const char *text, size_t size, uint32_t irq, struct span *out)
{
	const char *end = text + size, *eol;
	char label[16];

	snprintf(label, sizeof(label), "%u:", irq);
	for (const char *line = text; line < end; line = eol + 1) {
		struct span s;

		eol = memchr(line, '\n', (size_t)(end - line));
		if (!eol)
			eol = end;
		s = (struct span){line, eol};
		if (is(word(&s), label)) {
			*out = s;
			return true;
		}
	}
	return false;
}

/* " 0  1  IO-APIC  20-fasteoi   a, b" or " 0  GICv3  36 Level     a": what is left is "a, b". */
static void skip_to_names(struct span *s)
{
	struct span at, w;

	do {
		at = *s;
		w = word(s);
	} while (is_number(w));
	*s = at;
	word(s); /* the chip */
	word(s); /* number and flow */
	at = *s;
	w = word(s);
	if (!is(w, "Level") && !is(w, "Edge"))
		*s = at;
	while (s->p < s->end && *s->p == ' ')
		s->p++;
}

uint32_t hostlimit_sharers(const char *interrupts, size_t size, uint32_t irq, const char *bdf,
			   char *names, size_t names_size)
{
	uint32_t n = 0;
	char own[48];
	struct span s;
	size_t used = 0;

	names[0] = '\0';
	if (!find_line(interrupts, size, irq, &s))
		return 0;
	skip_to_names(&s);
	snprintf(own, sizeof(own), "vfio-intx(%s)", bdf);
	while (s.p < s.end) {
		const char *comma = memchr(s.p, ',', (size_t)(s.end - s.p));
		struct span name = {s.p, comma ? comma : s.end};

		s.p = comma ? comma + 1 : s.end;
		while (s.p < s.end && *s.p == ' ')
			s.p++;
		if (is(name, own) || name.p == name.end)
			continue;
		if (used < names_size)
			used += (size_t)snprintf(names + used, names_size - used, "%s%.*s",
						 n ? ", " : "", (int)(name.end - name.p), name.p);
		n++;
	}
	return n;
}

bool hostlimit_nomsi(const char *cmdline)
{
	struct span s = {cmdline, cmdline + strlen(cmdline)};

	for (;;) {
		struct span w = word(&s);
		const char *at;

		if (w.p == w.end)
			return false;
		if (w.end - w.p < 4 || memcmp(w.p, "pci=", 4))
			continue;
		/* "pci=noaer,nomsi" */
		for (at = w.p + 3; at; at = memchr(at, ',', (size_t)(w.end - at))) {
			size_t left = (size_t)(w.end - ++at);

			if (left >= 5 && !memcmp(at, "nomsi", 5) &&
			    (left == 5 || at[5] == ',' || at[5] == '\n'))
				return true;
		}
	}
}

int64_t hostlimit_free(const char *domain)
{
	static const char key[] = "Global available:";
	const char *at = strstr(domain, key);
	char *end;
	long n;

	if (!at)
		return -1;
	n = strtol(at + strlen(key), &end, 10);
	return end == at + strlen(key) || n < 0 ? -1 : n;
}

__attribute__((format(printf, 2, 3))) static void add(struct host_limits *out, const char *fmt, ...)
{
	va_list ap;

	if (out->n == HOST_LIMITS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(out->text[out->n++], HOST_LIMIT_TEXT, fmt, ap);
	va_end(ap);
}

static uint32_t sharers(const struct hostlimit_facts *f, char *names, size_t size)
{
	names[0] = '\0';
	return f->interrupts && f->irq
		       ? hostlimit_sharers(f->interrupts, f->size, f->irq, f->bdf, names, size)
		       : 0;
}

static void foretell_intx(const struct hostlimit_facts *f, struct host_limits *out)
{
	char names[96];

	if (!f->count[VFIO_PCI_INTX_IRQ_INDEX])
		return;
	if (!f->irq) {
		add(out,
		    "INTX: the host has no interrupt for the pin: to enable it is -ENODEV (R25)");
		return;
	}
	if (!f->no_2_3)
		return;
	if (sharers(f, names, sizeof(names)))
		add(out,
		    "INTX: IRQ %u is shared with %s, and the device is not masked by DisINTx: to "
		    "enable it is -EBUSY (R25)",
		    f->irq, names);
	else
		add(out,
		    "INTX: the device is not masked by DisINTx, so that it must have IRQ %u for "
		    "itself: with another on it, to enable it is -EBUSY (R25)",
		    f->irq);
}

/* Interrupt remapping names its chips so: IR-IO-APIC, IR-PCI-MSI. */
static bool lacks_remapping(const struct hostlimit_facts *f)
{
	if (!f->x86 || !f->interrupts || memmem(f->interrupts, f->size, " IR-", 4))
		return false;
	return memmem(f->interrupts, f->size, " IO-APIC", 8) ||
	       memmem(f->interrupts, f->size, " PCI-MSI", 8);
}

void hostlimit_foretell(const struct hostlimit_facts *f, struct host_limits *out)
{
	uint32_t msi = f->count[VFIO_PCI_MSI_IRQ_INDEX], msix = f->count[VFIO_PCI_MSIX_IRQ_INDEX];
	uint32_t most = msi > msix ? msi : msix;

	out->n = 0;
	foretell_intx(f, out);
	if (f->no_msi && most) {
		add(out, "MSI and MSI-X are off for the device: to enable one is -EINVAL (R46)");
		return;
	}
	if (msi > 1 && lacks_remapping(f))
		add(out,
		    "MSI: one vector of %u, for want of interrupt remapping: to enable more is "
		    "answered by 1 (R48)",
		    msi);
	if (msi > 2 && f->its)
		add(out, "MSI: the GIC's ITS keeps, until the host boots, a part of what an enable "
			 "takes "
			 "whose count is no power of two: none such is made (its-msi, R48)");
	if (f->free >= 0 && (uint64_t)f->free < most)
		add(out,
		    "vectors: the host has %lld free, the device can ask for %u: what is beyond is "
		    "-ENOSPC, or fewer (R48, R49)",
		    (long long)f->free, most);
	else if (f->free < 0 && f->x86 && f->cpus && (uint64_t)f->cpus * X86_VECTORS < most)
		add(out,
		    "vectors: the host has less than %u in all (%u for each of %u CPUs), the "
		    "device "
		    "can ask for %u: what is beyond is -ENOSPC, or fewer (R48, R49)",
		    f->cpus * X86_VECTORS, X86_VECTORS, f->cpus, most);
}

bool hostlimit_why(const struct hostlimit_facts *f, uint32_t index, int ret, char *buf, size_t size)
{
	char names[96];

	if (index == VFIO_PCI_MSI_IRQ_INDEX || index == VFIO_PCI_MSIX_IRQ_INDEX) {
		if (ret > 0 && f->its) {
			snprintf(buf, size,
				 "the GIC's ITS has room for %d: somebody enabled the device's MSI "
				 "with a count that is no power of two, a part of which an ITS "
				 "keeps until the host boots",
				 ret);
			return true;
		}
		if (ret != -EINVAL || !f->no_msi)
			return false;
		snprintf(buf, size,
			 "MSI and MSI-X are off for the device, on this host or its bus");
		return true;
	}
	if (index != VFIO_PCI_INTX_IRQ_INDEX)
		return false;
	if (ret == -ENODEV) {
		snprintf(buf, size, "the host has no interrupt for the device's pin");
		return true;
	}
	if (ret != -EBUSY || !sharers(f, names, sizeof(names)))
		return false;
	snprintf(buf, size,
		 "IRQ %u is shared with %s, and only devices that are masked by DisINTx can share",
		 f->irq, names);
	return true;
}
