/* SPDX-License-Identifier: MIT */
#include "kernel/recipe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel/fragments.h"
#include "support/digest.h"

#define ASKED "#? "

/*
 * The folders of the interface, as kbuild calls them in $(obj). Said on make's command line and not
 * in their Makefiles, so that a user's tree stays as it is.
 */
#define FOLDERS "drivers/vfio drivers/vfio/pci drivers/pci/msi virt/lib"

static const char *const plain_fragments[] = {fragment_base, NULL};
static const char *const debug_fragments[] = {fragment_base, fragment_debug, NULL};
static const char *const kcov_fragments[] = {fragment_base, fragment_kcov, NULL};

static const char *const no_vars[] = {NULL};
static const char *const kcov_vars[] = {
	"KCOV_INSTRUMENT=$(if $(filter " FOLDERS ",$(obj)),y)",
	"KCOV_INSTRUMENT_msi.o=$(if $(filter kernel/irq,$(obj)),y)",
	NULL,
};

static const char *const keep_image[] = {"System.map", NULL};
static const char *const keep_symbols[] = {"System.map", "vmlinux", NULL};

static const struct recipe recipes[] = {
	{"plain", plain_fragments, no_vars, keep_image, 500},
	{"debug", debug_fragments, no_vars, keep_symbols, 1500},
	{"kcov", kcov_fragments, kcov_vars, keep_symbols, 1500},
};

#define N_RECIPES (sizeof(recipes) / sizeof(recipes[0]))

const char *const recipe_names[] = {"plain", "debug", "kcov", NULL};

const struct recipe *recipe_find(const char *name)
{
	for (size_t i = 0; i < N_RECIPES; i++) {
		if (!strcmp(recipes[i].name, name))
			return &recipes[i];
	}
	return NULL;
}

static uint64_t hash_text(uint64_t h, const char *text)
{
	for (; *text; text++)
		h = digest_add(h, (unsigned char)*text);
	return digest_add(h, 256);
}

uint64_t recipe_hash(const struct recipe *r)
{
	uint64_t h = hash_text(DIGEST_START, r->name);

	for (size_t i = 0; r->fragments[i]; i++)
		h = hash_text(h, r->fragments[i]);
	for (size_t i = 0; r->vars[i]; i++)
		h = hash_text(h, r->vars[i]);
	return h;
}

/* The line at *@p, without its newline; *@p goes behind it. False at the end. */
static bool next_line(const char **p, char *line, size_t size)
{
	size_t len = strcspn(*p, "\n");

	if (!**p)
		return false;
	snprintf(line, size, "%.*s", (int)(len < size ? len : size - 1), *p);
	*p += len + ((*p)[len] == '\n');
	return true;
}

int recipe_config(const struct recipe *r, struct bytes *text)
{
	char line[256];
	int err = 0;

	for (size_t i = 0; r->fragments[i]; i++) {
		const char *p = r->fragments[i];

		while (!err && next_line(&p, line, sizeof(line))) {
			bool asked = !strncmp(line, ASKED, strlen(ASKED));
			const char *from = line + (asked ? strlen(ASKED) : 0);

			err = bytes_append(text, from, strlen(from));
			if (!err)
				err = bytes_append(text, "\n", 1);
		}
	}
	return err;
}

/* "CONFIG_X=y" or "# CONFIG_X is not set": X's name, and whether it is to be off. */
static bool setting(const char *line, char *name, size_t size, bool *off)
{
	*off = !strncmp(line, "# CONFIG_", 9) && strstr(line, " is not set");
	if (*off)
		line += 2;
	if (strncmp(line, "CONFIG_", 7) != 0)
		return false;
	snprintf(name, size, "%.*s", (int)strcspn(line, "= "), line);
	return true;
}

/* Is @line, up to a newline, one of @config's? */
static bool has_line(const char *config, const char *line)
{
	size_t len = strlen(line);

	for (const char *p = config; (p = strstr(p, line)); p += len) {
		if ((p == config || p[-1] == '\n') && (p[len] == '\n' || !p[len]))
			return true;
	}
	return false;
}

/* Off is also what @config does not know. */
static bool is_off(const char *config, const char *name)
{
	char on[160];

	snprintf(on, sizeof(on), "\n%.150s=", name);
	return !strstr(config, on) && strncmp(config, on + 1, strlen(on + 1)) != 0;
}

/* A later fragment may change what an earlier one says, which then counts no more. */
static bool said_again(const char *const *fragments, const char *name)
{
	char line[256], other[160];
	bool off;

	for (size_t i = 0; fragments[i]; i++) {
		const char *p = fragments[i];

		while (next_line(&p, line, sizeof(line))) {
			bool asked = !strncmp(line, ASKED, strlen(ASKED));

			if (setting(line + (asked ? strlen(ASKED) : 0), other, sizeof(other),
				    &off) &&
			    !strcmp(other, name))
				return true;
		}
	}
	return false;
}

int recipe_check_fragments(const char *const *fragments, const char *config, struct errmsg *e)
{
	char line[256], name[160], lost[600] = "";
	size_t used = 0;
	bool off;

	for (size_t i = 0; fragments[i]; i++) {
		const char *p = fragments[i];

		while (next_line(&p, line, sizeof(line))) {
			if (!setting(line, name, sizeof(name), &off) ||
			    (off ? is_off(config, name) : has_line(config, line)) ||
			    said_again(fragments + i + 1, name))
				continue;
			if (used < sizeof(lost))
				used += (size_t)snprintf(lost + used, sizeof(lost) - used, "%s%s%s",
							 used ? ", " : "", off ? name : line,
							 off ? "=n" : "");
		}
	}
	if (!used)
		return 0;
	return errmsg_set(e, -ENOEXEC, EXIT_ENVIRONMENT,
			  "this kernel's configuration does not take %s: it lacks the option, or "
			  "what that depends on",
			  lost);
}

int recipe_check(const struct recipe *r, const char *config, struct errmsg *e)
{
	return recipe_check_fragments(r->fragments, config, e);
}
