/* SPDX-License-Identifier: MIT */
/* What a real host refuses, and that nobody takes it for the kernel's fault (R25, R49). */
#include <stdio.h>
#include <string.h>

#include "exec/executor.h"
#include "guest_device.h"
#include "program/text.h"

/* Runs @text on @bdf, which nobody has open. */
static enum verdict run(struct state *s, const char *bdf, const char *text, struct exec_result *r)
{
	struct executor x;
	struct program p;
	char target[64];
	int err;

	program_init(&p);
	snprintf(target, sizeof(target), "vfio:%s,trigger=loopback", bdf);
	err = text_parse(text, strlen(text), "program", &p, &s->e);
	if (!err)
		err = executor_open(&x, target, &s->e);
	if (!err) {
		err = executor_run(&x, &p, r, &s->e);
		executor_close(&x);
	}
	program_free(&p);
	return err ? fail(s, "%s: %s", target, s->e.text) : OK;
}

static enum verdict was_refused(struct state *s, const struct exec_result *r, const char *why)
{
	if (r->difference)
		return fail(s, "a difference: %s", r->text);
	if (r->refused != 1 || !strstr(r->refusal, why))
		return fail(s, "%u refused: '%s', not for '%s'", r->refused, r->refusal, why);
	return OK;
}

static enum verdict foretold(struct state *s, const char *bdf, const char *what)
{
	struct host_limits limits = {0};

	if (open_device(s, bdf, "loopback"))
		return fail(s, "open: %s", s->e.text);
	backend_host_limits(s->be, &limits);
	close_device(s);
	for (uint32_t i = 0; i < limits.n; i++) {
		if (strstr(limits.text[i], what))
			return OK;
	}
	return fail(s, "%u limits, none of them '%s'", limits.n, what);
}

/* Vectors 0 and 1 can be had afterwards as if nothing had been. */
static enum verdict too_many_vectors(struct state *s, const char *bdf)
{
	struct exec_result r;

	MUST(foretold(s, bdf, "the device can ask for 2048"));
	MUST(run(s, bdf,
		 "set_irqs msix trigger eventfd count=2048 fds=e0\nread e0\n"
		 "set_irqs msix trigger eventfd fds=e1,e2\nset_irqs msix trigger none count=2\n"
		 "read e1\nread e2\n",
		 &r));
	MUST(was_refused(s, &r, "-ENOSPC: the host has no free interrupt vectors (R49)"));
	MUST(run(s, bdf, "set_irqs msix trigger eventfd count=2048 fds=e0\nexpect -ENOSPC\n", &r));
	return r.refused || r.difference ? fail(s, "expected, and yet: %s%s", r.refusal, r.text)
					 : OK;
}

/* @holder and @bdf have one line, and vfio-pci.nointxmask=1 keeps both from sharing it. */
static enum verdict shared_line(struct state *s, const char *holder, const char *bdf)
{
	static const char program[] =
		"set_irqs intx trigger eventfd fds=e0\n"
		"set_irqs intx mask none\nset_irqs msi trigger eventfd fds=e0\n"
		"set_irqs msi trigger none\nread e0\n";
	struct exec_result r;
	struct backend *held;
	char who[48];

	if (open_device(s, holder, "loopback"))
		return fail(s, "open: %s", s->e.text);
	WANT(arm(s, INTX, 0, 1, s->fd), 0);
	held = s->be;
	s->be = NULL;
	snprintf(who, sizeof(who), "is shared with vfio-intx(%s)", holder);
	MUST(foretold(s, bdf, who));
	MUST(run(s, bdf, program, &r));
	backend_close(held);
	MUST(was_refused(s, &r, who));
	MUST(run(s, bdf, program, &r));
	return r.refused || r.difference ? fail(s, "when it is free: %s%s", r.refusal, r.text) : OK;
}

static void count(struct state *s, const char *name, enum verdict v)
{
	printf("%s %s%s%s\n", v == OK ? "ok" : "not ok", name, v == OK ? "" : ": ",
	       v == OK ? "" : s->why);
	s->count[v]++;
}

void check_vectors(struct state *s, const char *bdf)
{
	count(s, "more vectors than the host has are refused by it", too_many_vectors(s, bdf));
}

void check_line(struct state *s, const char *holder, const char *bdf)
{
	count(s, "a line that another has is refused by the host", shared_line(s, holder, bdf));
}
