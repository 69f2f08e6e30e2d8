/* SPDX-License-Identifier: MIT */
#include "exec/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/fault.h"
#include "emulator/emulator.h"
#include "emulator/zoo.h"
#include "program/program.h"
#include "support/units.h"
#include "vfio/vfio.h"
#include "vfio/way.h"

const char *const target_begins[] = {"emu",       "emu:profile=6.1", "emu:profile=6.12",
				     "vfio:auto", "vfio:BDF",        NULL};

struct parse {
	const char *spec;
	struct emu_config emu;
	struct vfio_config vfio;
	struct fault_config fault;
	struct feature_change change; /* of the emulator itself, on top of its profile */
	struct target_rules rules;
	bool sized; /* the user named the number of vectors */
	struct errmsg *e;
};

struct key {
	const char *name;
	int (*set)(struct parse *p, const char *value);
};

static int bad_value(struct parse *p, const char *key, const char *value, const char *want)
{
	return errmsg_set(p->e, -EINVAL, EXIT_USAGE, "--target %s: %s=%s: must be %s", p->spec, key,
			  value, want);
}

static int bad_profile(struct parse *p, const char *key, const char *value)
{
	char names[FEATURE_NAMES_MAX], want[FEATURE_NAMES_MAX + 64];

	snprintf(want, sizeof(want), "one of %s%s", profile_names(names, sizeof(names)),
		 !strcmp(key, "rules") ? "; or +FEATURE or -FEATURE" : "");
	return bad_value(p, key, value, want);
}

static int set_profile(struct parse *p, const char *value)
{
	enum profile profile = profile_find(value, strlen(value));

	if (profile == PROFILE_ANY)
		return bad_profile(p, "profile", value);
	emu_config_profile(&p->emu, profile);
	return 0;
}

static int set_feature(struct parse *p, struct feature_change *change, const char *word)
{
	char why[FEATURE_NAMES_MAX + 64];
	int err = feature_change_add(change, word, strlen(word), why, sizeof(why));

	return err ? errmsg_set(p->e, err, EXIT_USAGE, "--target %s: %s", p->spec, why) : 0;
}

static bool names_feature(const char *word)
{
	return *word == '+' || *word == '-';
}

static int set_rules(struct parse *p, const char *value)
{
	if (names_feature(value))
		return set_feature(p, &p->rules.change, value);
	p->rules.profile = profile_find(value, strlen(value));
	return p->rules.profile == PROFILE_ANY ? bad_profile(p, "rules", value) : 0;
}

static int set_count(struct parse *p, const char *key, const char *value, uint32_t max,
		     uint32_t *out)
{
	char want[32];
	uint64_t n;

	if (units_parse_count(value, &n) || n > max) {
		snprintf(want, sizeof(want), "0 to %u", max);
		return bad_value(p, key, value, want);
	}
	*out = (uint32_t)n;
	return 0;
}

static int set_vectors(struct parse *p, const char *value)
{
	p->sized = true;
	return set_count(p, "vectors", value, IRQ_MAX_VECTORS, &p->emu.msix_vectors);
}

static int set_grown(struct parse *p, const char *value)
{
	p->sized = true;
	return set_count(p, "grown", value, IRQ_MAX_VECTORS, &p->emu.msix_grown);
}

static int set_msi(struct parse *p, const char *value)
{
	return set_count(p, "msi", value, IRQ_MAX_MSI, &p->emu.msi_vectors);
}

static int set_bool(struct parse *p, const char *key, const char *value, bool *out)
{
	if (strcmp(value, "0") && strcmp(value, "1"))
		return bad_value(p, key, value, "0 or 1");
	*out = *value == '1';
	return 0;
}

static int set_intx(struct parse *p, const char *value)
{
	return set_bool(p, "intx", value, &p->emu.intx);
}

static int set_pcie(struct parse *p, const char *value)
{
	return set_bool(p, "pcie", value, &p->emu.pcie);
}

static int set_pci23(struct parse *p, const char *value)
{
	return set_bool(p, "pci23", value, &p->emu.pci_2_3);
}

static int set_irq(struct parse *p, const char *value)
{
	bool irq = false;
	int err = set_bool(p, "irq", value, &irq);

	p->emu.irqless = !irq;
	return err;
}

static int set_intremap(struct parse *p, const char *value)
{
	return set_bool(p, "intremap", value, &p->emu.host_intremap);
}

static int set_hostvecs(struct parse *p, const char *value)
{
	return set_count(p, "hostvecs", value, IRQ_MAX_VECTORS, &p->emu.host_vectors);
}

static int set_dyn(struct parse *p, const char *value)
{
	return set_bool(p, "dyn", value, &p->emu.host_dyn);
}

static int set_pba(struct parse *p, const char *value)
{
	if (strcmp(value, "keep") && strcmp(value, "clear"))
		return bad_value(p, "pba", value, "keep or clear");
	p->emu.pba_cleared_on_disable = *value == 'c';
	return 0;
}

static int set_msg(struct parse *p, const char *value)
{
	if (strcmp(value, "reread") && strcmp(value, "cached"))
		return bad_value(p, "msg", value, "reread or cached");
	p->emu.message_cached = *value == 'c';
	return 0;
}

static int set_posted(struct parse *p, const char *value)
{
	return set_bool(p, "posted", value, &p->emu.posted);
}

static int set_entries(struct parse *p, const char *value)
{
	if (strcmp(value, "masked") && strcmp(value, "open"))
		return bad_value(p, "entries", value, "masked or open");
	p->emu.entries_open = *value == 'o';
	return 0;
}

static int set_bug(struct parse *p, const char *value)
{
	if (!zoo_compiled_in())
		return errmsg_set(
			p->e, -EINVAL, EXIT_USAGE,
			"--target %s: bug=%s: no bugs are planted in this build; build "
			"the preset zoo: cmake --preset zoo && cmake --build --preset zoo",
			p->spec, value);
	p->emu.bug = zoo_find(value);
	return p->emu.bug ? 0 : bad_value(p, "bug", value, "the number of a bug in docs/zoo.md");
}

static int set_fault(struct parse *p, const char *value)
{
	if (fault_parse(&p->fault, value))
		return bad_value(p, "fault", value,
				 "drop:N, double:N, misroute:N, delay:N[:DURATION], "
				 "slow-resize:PERCENT or die:N, more than 0; behind N, but for "
				 "slow-resize, +COUNT below it");
	return 0;
}

static int set_trigger(struct parse *p, const char *value)
{
	p->vfio.trigger = value;
	return 0;
}

static int set_via(struct parse *p, const char *value)
{
	return way_find(value, &p->vfio.via) ? 0
					     : bad_value(p, "via", value, "group, cdev or auto");
}

static int set_attach(struct parse *p, const char *value)
{
	bool yes = false;
	int err = set_bool(p, "attach", value, &yes);

	p->vfio.attach = yes ? VFIO_ATTACH_YES : VFIO_ATTACH_NO;
	return err;
}

static const struct key emu_keys[] = {
	{"profile", set_profile},
	{"vectors", set_vectors},
	{"msi", set_msi},
	{"intx", set_intx},
	{"pcie", set_pcie},
	{"pci23", set_pci23},
	{"irq", set_irq},
	{"rules", set_rules},
	{"dyn", set_dyn},
	{"intremap", set_intremap},
	{"hostvecs", set_hostvecs},
	{"pba", set_pba},
	{"msg", set_msg},
	{"bug", set_bug},
	{"fault", set_fault},
	{"grown", set_grown},
	{"posted", set_posted},
	{"entries", set_entries},
	{NULL, NULL},
};

static const struct key vfio_keys[] = {
	{"via", set_via},     {"attach", set_attach}, {"trigger", set_trigger},
	{"rules", set_rules}, {"fault", set_fault},   {NULL, NULL},
};

/* @list is cut in place: the values that the setters keep point into it. */
static int parse_keys(struct parse *p, const struct key *keys, char *list)
{
	char *save, *word;

	for (word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		char *value = strchr(word, '=');
		const struct key *k;
		int err;

		if (names_feature(word) && keys == emu_keys) {
			err = set_feature(p, &p->change, word);
			if (err)
				return err;
			continue;
		}
		if (names_feature(word))
			return errmsg_set(p->e, -EINVAL, EXIT_USAGE,
					  "--target %s: a real device has what it has; rules=%s "
					  "holds it against that",
					  p->spec, word);
		if (!value)
			return errmsg_set(p->e, -EINVAL, EXIT_USAGE,
					  "--target %s: '%s' is not KEY=VALUE", p->spec, word);
		*value++ = '\0';
		for (k = keys; k->name && strcmp(k->name, word); k++)
			;
		if (!k->name)
			return errmsg_set(p->e, -EINVAL, EXIT_USAGE,
					  "--target %s: unknown key '%s'", p->spec, word);
		err = k->set(p, value);
		if (err)
			return err;
	}
	return 0;
}

/* A program's device. Its size counts as given. */
static void set_device(struct parse *p, const struct program_device *d)
{
	if (d->profile != PROFILE_ANY)
		emu_config_profile(&p->emu, (enum profile)d->profile);
	p->emu.features = feature_change_apply(&(struct feature_change){d->with, d->without},
					       p->emu.features);
	p->emu.msix_vectors = d->msix;
	p->sized = true;
	p->emu.msi_vectors = d->msi;
	p->emu.host_vectors = d->host_vectors;
	p->emu.intx = d->flags & DEVICE_INTX;
	p->emu.pci_2_3 = d->flags & DEVICE_PCI_2_3;
	p->emu.pcie = d->flags & DEVICE_PCIE;
	p->emu.host_dyn = d->flags & DEVICE_DYN;
	p->emu.host_intremap = d->flags & DEVICE_INTREMAP;
	p->emu.pba_cleared_on_disable = d->flags & DEVICE_PBA_CLEAR;
	p->emu.message_cached = d->flags & DEVICE_CACHED;
	p->emu.posted = d->flags & DEVICE_POSTED;
	p->emu.entries_open = d->flags & DEVICE_OPEN;
}

static int parse_emu(struct parse *p, char *keys, const struct target_options *o)
{
	int err;

	emu_config_default(&p->emu);
	p->emu.signals = o->signals;
	if (o->device)
		set_device(p, o->device);
	err = parse_keys(p, emu_keys, keys);
	if (err)
		return err;
	p->emu.features = feature_change_apply(&p->change, p->emu.features);
	if (!p->sized && p->emu.msix_vectors < o->min_vectors)
		p->emu.msix_vectors = o->min_vectors;
	return 0;
}

static int open_emu(struct parse *p, char *keys, const struct target_options *o,
		    struct backend **out)
{
	int err = parse_emu(p, keys, o);

	return err ? err : emulator_open(&p->emu, out, p->e);
}

static int open_vfio(struct parse *p, char *rest, struct backend **out)
{
	char *keys = strchr(rest, ',');
	int err;

	if (keys)
		*keys++ = '\0';
	p->vfio.bdf = rest;
	err = keys ? parse_keys(p, vfio_keys, keys) : 0;
	return err ? err : vfio_open(&p->vfio, out, p->e);
}

bool target_is_emulator(const char *spec)
{
	return !strncmp(spec, "emu", 3) && (spec[3] == ':' || !spec[3]);
}

char *target_with_bug(const char *spec, const char *bug, struct errmsg *e)
{
	char *out = NULL;

	if (!bug) {
		out = strdup(spec);
	} else if (!target_is_emulator(spec)) {
		errmsg_set(e, -EINVAL, EXIT_USAGE,
			   "--bug %s: only the emulator can be given a bug, not --target %s", bug,
			   spec);
		return NULL;
	} else if (asprintf(&out, "%s%cbug=%s", spec, strchr(spec, ':') ? ',' : ':', bug) < 0) {
		out = NULL;
	}
	if (!out)
		errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	return out;
}

char *target_with_counter(const char *spec, const struct fault_counter *c, struct errmsg *e)
{
	static const char key[] = "fault=";
	const char *word = spec;
	char *out = NULL, fault[128];
	size_t size = 0;
	FILE *f = open_memstream(&out, &size);

	/* Keys are between commas, the first behind the colon. */
	while (f && *word) {
		size_t n = strcspn(word, ",:"), k = sizeof(key) - 1;
		char was[128];

		if (!strncmp(word, key, k))
			n = strcspn(word, ",");
		snprintf(was, sizeof(was), "%.*s", (int)(n > k ? n - k : 0),
			 word + (n > k ? k : 0));
		if (!strncmp(word, key, k) && !fault_with_counter(was, c, fault, sizeof(fault)))
			fprintf(f, "%s%s", key, fault);
		else
			fwrite(word, 1, n, f);
		word += n;
		if (*word)
			fputc(*word++, f);
	}
	if (f && !fclose(f) && out)
		return out;
	errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	free(out);
	return NULL;
}

static char *emu_keys_of(char *spec)
{
	return spec + 3 + (spec[3] == ':');
}

int target_emulator_config(const char *spec, const struct target_options *o, struct emu_config *cfg,
			   struct errmsg *e)
{
	struct parse p = {.spec = spec, .e = e};
	char *copy = strdup(spec);
	int err;

	if (!copy)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	err = parse_emu(&p, emu_keys_of(copy), o);
	*cfg = p.emu;
	free(copy);
	if (!err && cfg->msix_grown)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "--target %s: grown=%u is not for programs: in one, the "
				  "operation table_size grows the table",
				  spec, cfg->msix_grown);
	return err;
}

int target_rules(const char *spec, struct target_rules *out, struct errmsg *e)
{
	struct parse p = {.spec = spec, .e = e};
	char *copy = strdup(spec), *save, *word;
	int err = copy ? 0 : errmsg_no_memory(e);

	for (word = copy ? strtok_r(copy, ",:", &save) : NULL; word && !err;
	     word = strtok_r(NULL, ",:", &save)) {
		if (!strncmp(word, "rules=", 6))
			err = set_rules(&p, word + 6);
	}
	*out = p.rules;
	free(copy);
	return err;
}

int target_open_with(const char *spec, const struct target_options *o, struct backend **out,
		     struct errmsg *e)
{
	static const struct target_options none;
	struct parse p = {.spec = spec, .e = e};
	char *copy = strdup(spec);
	int err;

	if (!copy)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	if (target_is_emulator(copy))
		err = open_emu(&p, emu_keys_of(copy), o ? o : &none, out);
	else if (!strncmp(copy, "vfio:", 5) && copy[5])
		err = open_vfio(&p, copy + 5, out);
	else
		err = errmsg_set(e, -EINVAL, EXIT_USAGE,
				 "--target %s: must be emu[:KEY=VALUE,...] or vfio:BDF[,...]",
				 spec);
	if (!err && fault_any(&p.fault)) {
		struct backend *inner = *out;

		err = fault_wrap(inner, &p.fault, out);
		if (err) {
			backend_close(inner);
			errmsg_set(e, err, EXIT_ENVIRONMENT, "out of memory");
		}
	}
	free(copy);
	return err;
}
