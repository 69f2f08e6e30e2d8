/* SPDX-License-Identifier: MIT */
/*
 * replay: main() of a target without an engine: runs inputs from files and folders, tells their
 * digests, and checks that they depend on nothing but the bytes. Also turns seeds into inputs.
 *
 * Exit codes as everywhere (support/errmsg.h); a finding aborts, as it does under an engine.
 */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/common.h"
#include "fuzz/encode.h"
#include "support/rng.h"

struct input {
	char *path;
	uint8_t *data;
	size_t size;
	uint64_t digest;
};

struct inputs {
	struct input *at;
	size_t n, capacity;
};

static const char usage[] = IRQSTORM_TARGET
	": runs inputs of this fuzz target without an engine.\n"
	"\n"
	"usage: " IRQSTORM_TARGET " [OPTION]... FILE|FOLDER...\n"
	"       " IRQSTORM_TARGET " --encode FOLDER OUT\n"
	"\n"
	"  --digest        print the digest of each input\n"
	"  --twice         run each input twice, all of them: the digests must be equal\n"
	"  --shuffle SEED  run them once more in another order: so must these\n"
	"  --repeat N      run all of them N times, to measure: with no other checks than\n"
	"                  under an engine\n"
	"  --encode        turn seeds into inputs of this target, named by content\n"
	"\n"
	"Files whose name ends in .irq or .guest are seeds, too. Exit codes: 0 pass, 1 digests\n"
	"differ, 2 usage, 3 a file; a finding is printed and aborts.\n";

__attribute__((noreturn, format(printf, 2, 3))) static void die(int code, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, IRQSTORM_TARGET ": ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	exit(code);
}

static bool is_seed(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && (!strcmp(dot, ".irq") || !strcmp(dot, ".guest"));
}

static void read_file(const char *path, struct input *in)
{
	FILE *f = fopen(path, "rb");
	size_t room = 4096;

	if (!f)
		die(EXIT_ENVIRONMENT, "%s: %s", path, strerror(errno));
	in->path = strdup(path);
	in->size = 0;
	in->data = malloc(room);
	for (;;) {
		if (!in->data || !in->path)
			die(EXIT_ENVIRONMENT, "out of memory");
		in->size += fread(in->data + in->size, 1, room - in->size, f);
		if (in->size < room)
			break;
		room *= 2;
		in->data = realloc(in->data, room);
	}
	if (ferror(f))
		die(EXIT_ENVIRONMENT, "%s: %s", path, strerror(errno));
	fclose(f);
}

static void encode(struct input *in)
{
	struct errmsg e;
	uint8_t *bytes;

	if (encode_seed(IRQSTORM_TARGET, in->path, in->data, in->size, &bytes, &in->size, &e))
		die((int)e.exit, "%s", e.text);
	free(in->data);
	in->data = bytes;
}

/* With the end of the input at the end of its memory, where a sanitizer sees what reads beyond. */
static void shrink(struct input *in)
{
	uint8_t *exact = malloc(in->size ? in->size : 1);

	if (!exact)
		die(EXIT_ENVIRONMENT, "out of memory");
	if (in->size)
		memcpy(exact, in->data, in->size);
	free(in->data);
	in->data = exact;
}

static void add_file(struct inputs *all, const char *path)
{
	struct input *in;

	if (all->n == all->capacity) {
		all->capacity = all->capacity ? 2 * all->capacity : 64;
		all->at = realloc(all->at, all->capacity * sizeof(*all->at));
		if (!all->at)
			die(EXIT_ENVIRONMENT, "out of memory");
	}
	in = &all->at[all->n++];
	read_file(path, in);
	if (is_seed(path))
		encode(in);
	shrink(in);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_path(struct inputs *all, const char *path)
{
	struct dirent **names;
	struct stat st;
	int n;

	if (stat(path, &st))
		die(EXIT_ENVIRONMENT, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode)) {
		add_file(all, path);
		return;
	}
	n = scandir(path, &names, NULL, by_name);
	if (n < 0)
		die(EXIT_ENVIRONMENT, "%s: %s", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		char *inner;

		if (names[i]->d_name[0] != '.') {
			if (asprintf(&inner, "%s/%s", path, names[i]->d_name) < 0)
				die(EXIT_ENVIRONMENT, "out of memory");
			add_path(all, inner);
			free(inner);
		}
		free(names[i]);
	}
	free(names);
}

static void free_inputs(struct inputs *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->at[i].path);
		free(all->at[i].data);
	}
	free(all->at);
}

static uint64_t run(const struct input *in)
{
	/* Inputs that a target has no use for leave no digest. */
	fuzz_digest_begin();
	LLVMFuzzerTestOneInput(in->data, in->size);
	return fuzz_digest();
}

static size_t compare(const struct input *in, const char *when)
{
	uint64_t again = run(in);

	if (again == in->digest)
		return 0;
	fprintf(stderr, "%s: digest %016llx, %s %016llx\n", in->path,
		(unsigned long long)in->digest, when, (unsigned long long)again);
	return 1;
}

/* FNV-1a: a name for content, no more. */
static uint64_t hash(const struct input *in)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < in->size; i++)
		h = (h ^ in->data[i]) * 0x100000001b3ULL;
	return h;
}

static int encode_all(const struct inputs *all, const char *out)
{
	if (mkdir(out, 0777) && errno != EEXIST)
		die(EXIT_ENVIRONMENT, "%s: %s", out, strerror(errno));
	for (size_t i = 0; i < all->n; i++) {
		char *path;
		FILE *f;

		if (asprintf(&path, "%s/seed-%016llx", out, (unsigned long long)hash(&all->at[i])) <
		    0)
			die(EXIT_ENVIRONMENT, "out of memory");
		f = fopen(path, "wb");
		if (!f || fwrite(all->at[i].data, 1, all->at[i].size, f) != all->at[i].size ||
		    fclose(f))
			die(EXIT_ENVIRONMENT, "%s: %s", path, strerror(errno));
		free(path);
	}
	printf("%zu inputs in %s\n", all->n, out);
	return EXIT_PASS;
}

static size_t run_shuffled(struct inputs *all, uint64_t seed)
{
	size_t bad = 0;
	struct rng rng;

	rng_init(&rng, seed, 0);
	for (size_t i = all->n; i > 1; i--) {
		size_t j = rng_below(&rng, (uint32_t)i);
		struct input in = all->at[i - 1];

		all->at[i - 1] = all->at[j];
		all->at[j] = in;
	}
	for (size_t i = 0; i < all->n; i++)
		bad += compare(&all->at[i], "in another order");
	return bad;
}

struct options {
	bool digest, twice, shuffle, encode;
	uint64_t seed, repeat;
};

static int run_all(struct inputs *all, const struct options *o)
{
	size_t bad = 0;

	for (uint64_t r = 0; r < o->repeat; r++) {
		for (size_t i = 0; i < all->n; i++) {
			struct input *in = &all->at[i];

			in->digest = run(in);
			if (o->digest)
				printf("%016llx  %s\n", (unsigned long long)in->digest, in->path);
			if (o->twice)
				bad += compare(in, "the second time");
		}
	}
	if (o->shuffle)
		bad += run_shuffled(all, o->seed);
	if (!o->digest)
		printf("%zu inputs%s\n", all->n, bad ? "" : ", ok");
	return bad ? EXIT_FINDING : EXIT_PASS;
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t v;

	if (!text)
		die(EXIT_USAGE, "a number is missing, see --help");
	v = strtoull(text, &end, 0);
	if (!*text || *end)
		die(EXIT_USAGE, "'%s' is no number", text);
	return v;
}

int main(int argc, char **argv)
{
	struct options o = {.repeat = 1};
	struct inputs all = {0};
	int i, ret;

	for (i = 1; i < argc && !strncmp(argv[i], "--", 2); i++) {
		if (!strcmp(argv[i], "--help")) {
			fputs(usage, stdout);
			return EXIT_PASS;
		} else if (!strcmp(argv[i], "--digest")) {
			o.digest = true;
		} else if (!strcmp(argv[i], "--twice")) {
			o.twice = true;
		} else if (!strcmp(argv[i], "--encode")) {
			o.encode = true;
		} else if (!strcmp(argv[i], "--shuffle")) {
			o.shuffle = true;
			o.seed = number(argv[++i]);
		} else if (!strcmp(argv[i], "--repeat")) {
			o.repeat = number(argv[++i]);
		} else {
			die(EXIT_USAGE, "unknown option %s, see --help", argv[i]);
		}
	}
	if (i >= argc || (o.encode && i + 2 != argc))
		die(EXIT_USAGE, "what to run is missing, see --help");
	if (o.repeat == 1)
		fuzz_set_thorough();
	for (int end = o.encode ? argc - 1 : argc; i < end; i++)
		add_path(&all, argv[i]);
	ret = o.encode ? encode_all(&all, argv[argc - 1]) : run_all(&all, &o);
	free_inputs(&all);
	fuzz_close();
	return ret;
}
