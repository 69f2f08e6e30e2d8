/* SPDX-License-Identifier: MIT */
#include "nightly/step.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest/arch.h"
#include "guest/kernel.h"
#include "guest/proc.h"
#include "report/value.h"
#include "support/rng.h"

/* Short ones that tell most about a change first: they are done when the machine goes down. */
static const struct step_kind *const kinds[] = {
	&step_gate, &step_diff,    &step_bench,  &step_device, &step_campaign,
	&step_zoo,  &step_mutants, &step_builds, &step_long,   &step_arm64,
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct step_kind *step_kind_at(size_t i)
{
	return i < N_KINDS ? kinds[i] : NULL;
}

const struct step_kind *step_kind_find(const char *name)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	}
	return NULL;
}

/* Whether the list --steps has the kind, the step, or the beginning of its name up to a dash. */
static bool wanted(const char *list, const char *name)
{
	while (list && *list) {
		size_t n = strcspn(list, ",");

		if (n && !strncmp(list, name, n) && (!name[n] || name[n] == '-'))
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

json_t *night_step_add(struct night_plan *p, const struct step_kind *k, const char *why,
		       const char *fmt, ...)
{
	char name[256];
	json_t *step;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	if (p->c->steps && !wanted(p->c->steps, name))
		return NULL;
	step = json_pack("{ss ss ss ss s[] s[] s{}}", "name", name, "kind", k->name, "state",
			 *why ? "skipped" : "pending", "program", "", "argv", "findings",
			 "figures");
	if (json_array_append_new(p->steps, step))
		return NULL;
	doc_text(step, "why", why);
	return step;
}

void step_arg(json_t *step, const char *fmt, ...)
{
	char text[2 * DOC_PATH];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_array_append_new(json_object_get(step, "argv"),
			      json_stringn_nocheck(text, strlen(text)));
}

void step_arg_file(const struct night_plan *p, json_t *step, const char *option, const char *name)
{
	step_arg(step, "%s", option);
	step_arg(step, "%s/%s/%s", p->folder, value_text(step, "name"), name);
}

const char *step_where(const json_t *step)
{
	return value_text(step, "name") + strlen(value_text(step, "kind")) + 1;
}

void step_note_fuzz_dir(json_t *step, const char *target)
{
	doc_textf(step, "fuzz_dir", "%.*s", (int)(strrchr(target, '/') - target), target);
}

void step_arg_fuzz_dir(json_t *step)
{
	const char *dir = value_text(step, "fuzz_dir");

	if (!*dir)
		return;
	step_arg(step, "--fuzz-dir");
	step_arg(step, "%s", dir);
}

void step_arg_guest(const struct night_plan *p, json_t *step, const char *devices, double timeout_s)
{
	step_arg(step, "guest");
	step_arg(step, "--quiet");
	step_arg(step, "--kernel");
	step_arg(step, "%s", value_text(step, "kernel"));
	step_arg(step, "--devices");
	step_arg(step, "%s", devices);
	step_arg(step, "--timeout");
	step_arg(step, "%.0fs", ceil(timeout_s));
	step_arg_file(p, step, "--keep-log", STEP_KERNEL_LOG);
	step_arg_fuzz_dir(step);
	step_arg(step, "--");
}

uint64_t step_seed(const struct night_plan *p, const json_t *step)
{
	uint64_t x = p->c->seed;

	/* its name, not its place: a step alone has the seed that it has among others */
	for (const char *at = value_text(step, "name"); *at; at++)
		x = rng_splitmix64(&x) ^ (unsigned char)*at;
	/* 62 bits: JSON's integers are signed */
	return rng_splitmix64(&x) >> 2;
}

void step_arg_seed(const struct night_plan *p, json_t *step)
{
	step_arg(step, "--seed");
	step_arg(step, "0x%llx", (unsigned long long)step_seed(p, step));
}

void step_finding(json_t *step, const char *key, const char *what, const char *artifact,
		  const char *repeat)
{
	json_t *list = json_object_get(step, "findings"), *f = json_object();

	for (size_t i = 0; i < json_array_size(list); i++) {
		if (doc_is(json_array_get(list, i), "key", key)) {
			json_decref(f);
			return;
		}
	}
	doc_text(f, "key", key);
	doc_text(f, "what", what);
	doc_text(f, "artifact", artifact);
	doc_text(f, "repeat", repeat);
	json_array_append_new(list, f);
}

void step_figure(json_t *step, double v, const char *fmt, ...)
{
	char name[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	doc_number(json_object_get(step, "figures"), name, v);
}

const char *step_artifact(const char *root, const char *dir, const char *name, char *buf,
			  size_t size)
{
	size_t n = strlen(root);

	snprintf(buf, size, "%s/%s", strncmp(dir, root, n) ? dir : dir + n + 1, name);
	return buf;
}

bool step_kernel_next(const char **list, char *kernel, size_t size)
{
	const char *at = *list;
	size_t n;

	at += strspn(at, ", ");
	n = strcspn(at, ",");
	if (!strncmp(at + n, ",modules=", 9))
		n += 1 + strcspn(at + n + 1, ",");
	if (!n)
		return false;
	snprintf(kernel, size, "%.*s", (int)n, at);
	*list = at + n;
	return true;
}

const struct guest_arch *step_kernel_arch(const char *kernel)
{
	const struct guest_arch *arch = NULL;
	struct kernel_spec spec;

	/* What is no kernel is told by the guest that is to boot it. */
	if (kernel_spec_parse(kernel, &spec, NULL) || kernel_arch(&spec, &arch, NULL))
		return guest_arch_named("amd64");
	return arch;
}

const char *step_kernel_missing(const char *kernel, char why[STEP_WHY])
{
	const struct guest_arch *arch = step_kernel_arch(kernel);
	struct errmsg e = {0};
	char path[PATH_MAX];

	why[0] = '\0';
	if (proc_find(arch->qemu, path, sizeof(path)))
		snprintf(why, STEP_WHY, "no %s: apt-get install %s", arch->qemu,
			 arch->qemu_package);
	else if (proc_find("xz", path, sizeof(path)))
		snprintf(why, STEP_WHY, "no xz: apt-get install xz-utils");
	else if (arch != guest_arch_own() && guest_arch_program(arch, path, &e))
		snprintf(why, STEP_WHY, "%s", e.text);
	if (*why || !strncmp(kernel, "debian:", 7))
		return why;
	snprintf(path, sizeof(path), "%.*s", (int)strcspn(kernel, ","), kernel);
	if (access(path, R_OK))
		snprintf(why, STEP_WHY, "the kernel cannot be read");
	return why;
}

void step_word(const char *text, char *word, size_t size)
{
	char path[PATH_MAX];
	const char *slash;

	snprintf(path, sizeof(path), "%.*s", (int)strcspn(text, ","), text);
	/* of a file its name; "debian:7.3/arm64" is none */
	slash = strncmp(path, "debian:", 7) ? strrchr(path, '/') : NULL;
	snprintf(word, size, "%s", slash ? slash + 1 : path);
	for (char *p = word; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
			*p = '-';
	}
}
