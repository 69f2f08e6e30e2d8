/* SPDX-License-Identifier: MIT */
#include "gate/command.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "campaign/corpus.h"
#include "support/clock.h"
#include "vmm/strategy.h"

struct files {
	const struct gate_job *job;
	char **at; /* NULL-terminated */
	size_t n;
	bool too_many;
};

/* A word of the line "# KEY: WORD..." of a program, or no such line. */
static bool header_allows(FILE *f, const char *key, const char *word)
{
	char line[256];
	bool allowed = true;

	rewind(f);
	while (fgets(line, sizeof(line), f) && *line == '#') {
		char *save, *at = line + 1 + strspn(line + 1, " ");

		if (strncmp(at, key, strlen(key)))
			continue;
		allowed = false;
		for (at = strtok_r(at + strlen(key), " \n", &save); at;
		     at = strtok_r(NULL, " \n", &save))
			allowed |= !strcmp(at, word) || !strcmp(at, "any");
	}
	return allowed;
}

/* Which of the two sets of rules a kernel goes by; one that does not say is taken for a new one. */
static const char *rules_of(const char *kernel)
{
	unsigned int major, minor;

	if (sscanf(kernel, "debian:%u.%u", &major, &minor) == 2 &&
	    (major < 6 || (major == 6 && minor < 5)))
		return "6.1";
	return "6.12";
}

/* Programs say which devices they are for; the emulator becomes any of them. */
static bool suits(const struct gate_job *job, const char *path)
{
	char device[SCENARIO_WORD];
	bool yes;
	FILE *f;

	if (!job->kernel)
		return true;
	f = fopen(path, "re");
	if (!f)
		return true; /* the child says why it cannot be read */
	snprintf(device, sizeof(device), "%.*s", (int)strcspn(job->s->devices, "=,"),
		 job->s->devices);
	yes = header_allows(f, "devices:", device) &&
	      header_allows(f, "kernels:", rules_of(job->kernel));
	fclose(f);
	return yes;
}

static int add_file(void *data, const char *path)
{
	struct files *f = data;
	char **more;

	if (f->n + 40 > CHILD_WORDS_MAX) {
		f->too_many = true;
		return -E2BIG;
	}
	more = reallocarray(f->at, f->n + 2, sizeof(*more));
	if (!more)
		return -ENOMEM;
	f->at = more;
	more[f->n] = strdup(path);
	if (!more[f->n])
		return -ENOMEM;
	more[++f->n] = NULL;
	return 0;
}

static int add_program(void *data, const char *path)
{
	const struct files *f = data;
	size_t n = strlen(path);

	return n > 4 && !strcmp(path + n - 4, ".irq") && suits(f->job, path) ? add_file(data, path)
									     : 0;
}

/* The next of the words that blanks or commas part, into @word; false at the end. */
static bool next_word(const char **at, char *word, size_t size)
{
	size_t n;

	*at += strspn(*at, " \t,");
	n = strcspn(*at, " \t,");
	if (!n)
		return false;
	snprintf(word, size, "%.*s", (int)n, *at);
	*at += n;
	return true;
}

static void program_path(const struct gate_job *job, const char *word, char path[PATH_MAX])
{
	if (*word == '/' || !job->corpus)
		snprintf(path, PATH_MAX, "%s", word);
	else
		snprintf(path, PATH_MAX, "%s/%s", job->corpus, word);
}

static int find_programs(const struct gate_job *job, struct files *f, struct errmsg *e)
{
	const char *at = job->s->programs;
	char word[SCENARIO_WORD], path[PATH_MAX];
	int err = 0;

	while (!err && next_word(&at, word, sizeof(word))) {
		struct stat st;

		program_path(job, word, path);
		if (stat(path, &st))
			return errmsg_set(e, -errno, EXIT_ENVIRONMENT,
					  "[%s] programs: cannot read %s: %s; name the corpus "
					  "with --corpus DIR",
					  job->s->name, path, strerror(errno));
		if (S_ISDIR(st.st_mode))
			err = corpus_walk(path, true, add_program, f);
		else
			err = add_file(f, path);
	}
	if (f->too_many)
		return errmsg_set(e, -E2BIG, EXIT_USAGE,
				  "[%s] programs: more than %zu files: make it two scenarios",
				  job->s->name, f->n);
	if (!err && !f->n)
		err = -ENOENT;
	if (err)
		errmsg_set(e, err, EXIT_ENVIRONMENT, "[%s] programs: %s", job->s->name,
			   err == -ENOENT ? "no *.irq in there" : strerror(-err));
	return err;
}

static void add_storm(const struct gate_job *job, struct words *w)
{
	const struct scenario *s = job->s;
	const struct strategy *st = strategy_find(job->strategy);
	uint64_t vectors = s->vectors;
	bool latency = s->kind == GATE_LATENCY;

	/* a number that is meant for MSI-X: of MSI most functions have fewer, then all of those */
	if (st && st->index == VFIO_PCI_MSI_IRQ_INDEX && vectors > 16)
		vectors = 0;
	words_add(w, "stress");
	words_add(w, "--target");
	words_add(w, job->target);
	words_add(w, "--resize");
	words_add(w, job->strategy);
	words_add(w, "--mode");
	words_add(w, s->mode);
	words_add(w, "--consumer");
	words_add(w, s->consumer);
	if (vectors) {
		words_add(w, "--vectors");
		words_addf(w, "%" PRIu64, vectors);
	}
	words_add(w, "--rate");
	words_addf(w, s->rate ? "%" PRIu64 : "max", s->rate);
	words_add(w, "--resize-rate");
	words_addf(w, s->resize_rate ? "%" PRIu64 : "max", s->resize_rate);
	if (*s->pattern && st && st->pattern) {
		words_add(w, "--pattern");
		words_add(w, s->pattern);
	}
	words_add(w, "--duration");
	words_addf(w, "%" PRIu64 "ns", latency ? s->slice_ns : job->duration_ns);
	if (!job->control)
		words_add(w, "--no-control");
}

static void add_random(const struct gate_job *job, struct words *w)
{
	words_add(w, "diff");
	words_add(w, "--target");
	words_add(w, job->target);
	words_add(w, "--ops");
	words_addf(w, "%" PRIu64, job->s->ops);
	words_add(w, "--length");
	words_addf(w, "%" PRIu64, job->s->length);
}

static void add_campaign(const struct gate_job *job, struct words *w)
{
	words_add(w, "campaign");
	words_add(w, "--engine");
	words_add(w, "libfuzzer");
	words_add(w, "--fuzz-target");
	words_add(w, job->s->fuzz_target);
	words_add(w, "--for");
	words_addf(w, "%llus", (unsigned long long)(job->s->duration_ns / NSEC_PER_SEC));
	words_add(w, "--jobs");
	words_add(w, "1");
	words_add(w, "--fuzz-dir");
	words_add(w, job->fuzz_dir);
	words_add(w, "--no-merge");
	if (job->save) {
		words_add(w, "--out");
		words_add(w, job->save);
	}
}

/* Up to the options that only the gate wants, and the files. */
static void add_work(const struct gate_job *job, struct words *w)
{
	if (job->kernel) {
		words_add(w, "guest");
		words_add(w, "--kernel");
		words_add(w, job->kernel);
		words_add(w, "--devices");
		words_add(w, job->s->devices);
		if (job->timeout_ns) {
			words_add(w, "--timeout");
			words_addf(w, "%llus",
				   (unsigned long long)(job->timeout_ns / NSEC_PER_SEC));
		}
		if (job->log) {
			words_add(w, "--keep-log");
			words_add(w, job->log);
		}
		words_add(w, "--");
	}
	switch (job->s->kind) {
	case GATE_CORPUS:
		words_add(w, "run");
		words_add(w, "--target");
		words_add(w, job->target);
		return; /* no seed */
	case GATE_DIFF:
		add_random(job, w);
		break;
	case GATE_FUZZ:
		if (job->fuzz_dir)
			add_campaign(job, w);
		else
			add_random(job, w);
		break;
	default:
		add_storm(job, w);
		break;
	}
	words_add(w, "--seed");
	words_addf(w, "0x%" PRIx64, job->seed);
}

int command_build(const struct gate_job *job, struct words *w, char ***files, struct errmsg *e)
{
	struct files f = {.job = job};
	int err = 0;

	memset(w, 0, sizeof(*w));
	words_add(w, job->binary);
	add_work(job, w);
	if (job->json) {
		words_add(w, "--json");
		words_add(w, job->json);
	}
	if (job->s->kind == GATE_CORPUS) {
		err = find_programs(job, &f, e);
		words_add_all(w, (const char *const *)f.at);
	} else {
		words_add(w, "--quiet");
	}
	*files = f.at;
	if (!err && w->err)
		err = errmsg_set(e, w->err, EXIT_USAGE, "[%s]: a command line too long",
				 job->s->name);
	return err;
}

void command_program(const struct gate_job *job, char *program, size_t size)
{
	const char *name = strncmp(program, "/in/", 4) ? NULL : strchr(program, '.');
	struct files f = {.job = job};
	struct errmsg e;

	if (!name || find_programs(job, &f, &e)) {
		command_files_free(f.at);
		return;
	}
	for (size_t i = 0; i < f.n; i++) {
		const char *slash = strrchr(f.at[i], '/');

		if (!strcmp(slash ? slash + 1 : f.at[i], name + 1)) {
			snprintf(program, size, "%s", f.at[i]);
			break;
		}
	}
	command_files_free(f.at);
}

void command_files_free(char **files)
{
	for (char **f = files; f && *f; f++)
		free(*f);
	free(files);
}

static size_t put(char *buf, size_t size, size_t n, const char *word)
{
	bool plain =
		*word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					    "0123456789_-./:=,+@%")];

	if (n >= size)
		return n;
	return n + (size_t)snprintf(buf + n, size - n, "%s%s%s%s", n ? " " : "", plain ? "" : "'",
				    word, plain ? "" : "'");
}

const char *command_text(const struct gate_job *job, char *buf, size_t size)
{
	struct gate_job bare = *job;
	struct words *w = calloc(1, sizeof(*w));
	const char *at = job->s->programs;
	char word[SCENARIO_WORD], path[PATH_MAX];
	size_t n = 0;

	*buf = '\0';
	if (!w)
		return buf;
	bare.json = NULL;
	bare.save = NULL;
	bare.log = NULL;
	bare.timeout_ns = 0;
	n = put(buf, size, n, "irqstorm");
	add_work(&bare, w);
	for (size_t i = 0; i < w->n; i++)
		n = put(buf, size, n, w->at[i]);
	while (job->s->kind == GATE_CORPUS && n < size && next_word(&at, word, sizeof(word))) {
		program_path(job, word, path);
		n += (size_t)snprintf(buf + n, size - n, " $(find %s -name '*.irq')", path);
	}
	free(w);
	return buf;
}
