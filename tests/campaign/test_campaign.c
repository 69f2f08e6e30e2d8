/* SPDX-License-Identifier: MIT */
/* What a campaign remembers, how it names inputs, and what it takes for a finding. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "campaign/corpus.h"
#include "campaign/replay.h"
#include "campaign/sha1.h"
#include "campaign/state.h"
#include "campaign/store.h"
#include "guest/bytes.h"
#include "guest/fsutil.h"
#include "support/clock.h"

static char dir[] = "/tmp/irqstorm-campaign-XXXXXX";

static void make_dir(void)
{
	cr_assert_not_null(mkdtemp(dir), "no folder to test in");
}

static void remove_dir(void)
{
	fs_remove_tree(dir);
}

TestSuite(campaign, .init = make_dir, .fini = remove_dir);

static const char *path_of(const char *name)
{
	static char path[4][256];
	static unsigned int turn;
	char *to = path[turn++ % 4];

	snprintf(to, sizeof(path[0]), "%s/%s", dir, name);
	return to;
}

static void write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "w");

	cr_assert(f && fwrite(data, 1, len, f) == len && !fclose(f), "cannot write %s", path);
}

/* FIPS 180-4's examples, and the lengths at which padding needs a block of its own. */
Test(campaign, names_are_sha1)
{
	static const struct {
		const char *text, *name;
	} known[] = {
		{"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
		{"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		 "c1c8bbdc22796e28c0e15163d20899b65621d65a"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		 "0098ba824b5c16427bd7a1122a5a442a25ec644d"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		char name[SHA1_NAME];

		sha1_name(known[i].text, strlen(known[i].text), name);
		cr_assert_str_eq(name, known[i].name, "'%s': %s", known[i].text, name);
	}
}

Test(campaign, finding_is_told_by_its_key)
{
	static const struct {
		const char *text, *key, *what;
	} said[] = {
		{"INFO: seed\nirqstorm: finding: counter: e1: too few\nafter:  operation 2\n"
		 "key:    counter:R53:fire\nreplay: so\nirqstorm run - <<'EOF'\nfire msix 0\nEOF\n"
		 "==1== ERROR: libFuzzer: deadly signal\nSUMMARY: libFuzzer: deadly signal\n",
		 "counter:R53:fire", "counter: e1: too few"},
		{"==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x6\n"
		 "SUMMARY: AddressSanitizer: heap-use-after-free /a/irq.c:9:3 in irq_put\n",
		 "crash:heap-use-after-free:irq_put",
		 "==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x6"},
		{"irq.c:3:2: runtime error: shift exponent 99\n"
		 "SUMMARY: UndefinedBehaviorSanitizer: undefined-behavior /a/irq.c:3:2 in \n",
		 "crash:undefined-behavior:irq.c:3:2",
		 "irq.c:3:2: runtime error: shift exponent 99"},
		{"==9== ERROR: libFuzzer: timeout after 3 seconds\nSUMMARY: libFuzzer: timeout\n",
		 "hang", "==9== ERROR: libFuzzer: timeout after 3 seconds"},
		{"==9== ERROR: libFuzzer: deadly signal\nSUMMARY: libFuzzer: deadly signal\n",
		 "crash:deadly-signal", "==9== ERROR: libFuzzer: deadly signal"},
	};

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		struct replay_verdict v;

		cr_assert_eq(replay_judge(said[i].text, strlen(said[i].text), &v), 0,
			     "out of memory");
		cr_assert(v.shown, "taken for nothing: %s", said[i].text);
		cr_assert_str_eq(v.key, said[i].key, "key %s", v.key);
		cr_assert_str_eq(v.what, said[i].what, "what %s", v.what);
		cr_assert_null(strstr(v.text, "INFO: seed"), "more than the finding: %s", v.text);
		replay_free(&v);
	}
}

Test(campaign, progress_is_no_finding)
{
	static const char text[] = "#2 INITED cov: 3 ft: 4 corp: 1/1b\nWARNING: no interesting\n"
				   "key:    none\nDone 2 runs in 0 second(s)\n";
	struct replay_verdict v;

	cr_assert_eq(replay_judge(text, strlen(text), &v), 0, "out of memory");
	cr_assert_not(v.shown, "taken for %s", v.key);
}

Test(campaign, replay_tells_how_a_program_ended)
{
	static const struct {
		const char *script, *key;
	} ends[] = {
		{"exit 0", NULL},
		{"exit 5", "crash:exit-5"},
		{"kill -SEGV $$", "crash:signal-11"},
		{"sleep 100", "hang"},
		{"echo 'irqstorm: finding: x: y' >&2; echo 'key:    x:y' >&2; kill -ABRT $$",
		 "x:y"},
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const char *path = path_of("script");
		struct replay_verdict v;
		struct errmsg e = {0};

		write_file(path, ends[i].script, strlen(ends[i].script));
		cr_assert_eq(replay_input("/bin/sh", path, NULL, 1, &v, &e), 0, "%s", e.text);
		cr_assert_eq(v.shown, ends[i].key != NULL, "%s: %s", ends[i].script, v.key);
		if (ends[i].key)
			cr_assert_str_eq(v.key, ends[i].key, "%s: %s", ends[i].script, v.key);
		replay_free(&v);
	}
}

static void make_state(struct campaign_state *s)
{
	struct campaign_finding *f;

	*s = (struct campaign_state){.engine = "afl",
				     .target = "fuzz_x",
				     .seed = UINT64_MAX,
				     .sessions = 3,
				     .execs = 1ull << 60,
				     .seconds = 12.5,
				     .corpus = 7};
	f = state_add(s, "return:R1:set_irqs/msix");
	cr_assert_not_null(f);
	strcpy(f->folder, "return_R1");
	strcpy(f->what, "a \"quoted\" \\ line\nand another");
	f->hits = 9;
	strcpy(f->repeat, "'/a b/t' x");
	f = state_add(s, "hang");
	cr_assert_not_null(f);
	f->shown = 2;
}

Test(campaign, state_comes_back_as_it_was)
{
	struct campaign_state s, back;
	struct errmsg e = {0};

	make_state(&s);
	cr_assert_eq(state_save(path_of("s.json"), &s, &e), 0, "%s", e.text);
	cr_assert_eq(state_load(path_of("s.json"), &back, &e), 1, "%s", e.text);
	cr_assert_eq(back.n_findings, s.n_findings, "%zu findings", back.n_findings);
	cr_assert_eq(memcmp(back.findings, s.findings, 2 * sizeof(*s.findings)), 0,
		     "the findings differ");
	cr_assert(!strcmp(back.engine, s.engine) && !strcmp(back.target, s.target) &&
			  back.seed == s.seed && back.sessions == s.sessions &&
			  back.execs == s.execs && back.seconds == s.seconds &&
			  back.corpus == s.corpus,
		  "the totals differ");
	state_free(&s);
	state_free(&back);
}

Test(campaign, state_cut_off_anywhere_is_refused)
{
	struct campaign_state s, back;
	struct bytes b = {0};
	struct errmsg e = {0};

	make_state(&s);
	cr_assert_eq(state_save(path_of("s.json"), &s, &e), 0, "%s", e.text);
	cr_assert_eq(bytes_read_file(&b, path_of("s.json")), 0, "cannot read it back");
	/* All but the end of the last line. */
	for (size_t len = 0; len + 2 <= b.len; len++) {
		write_file(path_of("cut.json"), b.data, len);
		cr_assert_lt(state_load(path_of("cut.json"), &back, &e), 0, "%zu of %zu bytes", len,
			     b.len);
		cr_assert_eq(e.exit, EXIT_ENVIRONMENT, "%zu bytes: exit %d", len, (int)e.exit);
	}
	cr_assert_eq(state_load(path_of("none.json"), &back, &e), 0, "a file that is not there");
	bytes_free(&b);
	state_free(&s);
}

Test(campaign, equal_inputs_meet_in_one_file)
{
	struct corpus_import n;
	struct errmsg e = {0};

	cr_assert(!mkdir(path_of("from"), 0777) && !mkdir(path_of("from/.state"), 0777) &&
			  !mkdir(path_of("to"), 0777),
		  "no folders");
	write_file(path_of("from/id:000000,orig:a"), "one", 3);
	write_file(path_of("from/b"), "one", 3);
	write_file(path_of("from/c"), "two", 3);
	write_file(path_of("from/.state/d"), "three", 5);
	write_file(path_of("from/fuzzer_stats"), "four", 4);
	cr_assert_eq(corpus_import(path_of("to"), path_of("from"), true, &n, &e), 0, "%s", e.text);
	cr_assert(n.seen == 3 && n.added == 2, "%d seen, %d added", (int)n.seen, (int)n.added);
	cr_assert_eq(corpus_import(path_of("to"), path_of("from"), true, &n, &e), 0, "%s", e.text);
	cr_assert_eq(n.added, 0, "%d added the second time", (int)n.added);
	cr_assert_eq(corpus_count(path_of("to")), 2, "not two files");
	cr_assert_eq(corpus_verify(path_of("to")), 2, "not two whole files");
}

Test(campaign, an_input_that_is_cut_off_is_noticed)
{
	struct errmsg e = {0};
	char name[SHA1_NAME], path[300];

	cr_assert_eq(corpus_add(dir, "whole", 5, &e), 0, "%s", e.text);
	cr_assert_eq(corpus_add(dir, "also", 4, &e), 0, "%s", e.text);
	sha1_name("whole", 5, name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	cr_assert_eq(truncate(path, 2), 0, "cannot cut %s", path);
	cr_assert_eq(corpus_verify(dir), 0, "taken for whole");
}

/* What stands for libFuzzer here writes into folder $5 what it takes from $6. */
static int merge_with(const char *script, struct store *store)
{
	struct engine_paths paths = {0};
	struct errmsg e = {0};
	int ret;

	cr_assert_eq(store_open(store, path_of("out"), &e), 0, "%s", e.text);
	if (mkdir(store->corpus, 0777) == 0) {
		cr_assert_eq(corpus_add(store->corpus, "one", 3, &e), 0, "%s", e.text);
		cr_assert_eq(corpus_add(store->corpus, "two", 3, &e), 0, "%s", e.text);
	}
	snprintf(paths.target, sizeof(paths.target), "%s/merger", dir);
	write_file(paths.target, script, strlen(script));
	cr_assert_eq(chmod(paths.target, 0755), 0, "cannot make it a program");
	ret = store_merge(store, &paths, 1, 100, 10 * NSEC_PER_SEC, &e);
	cr_assert_geq(ret, 0, "%s", e.text);
	store_close(store);
	return ret;
}

/* fe05bcdc... is the input "one". */
#define MERGER "#!/bin/sh\ncp $6/fe05bcdcdc4928012781a5f1a2a77cbb5398e106 $5\n"

Test(campaign, a_merge_takes_the_place_of_the_corpus)
{
	struct store store;

	cr_assert_eq(
		merge_with(MERGER "echo MERGE-OUTER: 1 new files with 3 new features\n", &store), 1,
		"it was not merged");
	cr_assert_eq(corpus_verify(store.corpus), 1, "%d inputs", (int)corpus_verify(store.corpus));
}

Test(campaign, a_merge_that_lost_something_changes_nothing)
{
	static const char *const scripts[] = {
		MERGER "echo MERGE-OUTER: 2 new files with 3 new features\n",
		MERGER "echo MERGE-OUTER: 1 new files with 3 new features\nexit 1\n",
		MERGER "echo o >$5/fe05bcdcdc4928012781a5f1a2a77cbb5398e106\n"
		       "echo MERGE-OUTER: 1 new files with 3 new features\n",
		"#!/bin/sh\necho MERGE-OUTER: 0 new files with 0 new features\n",
	};
	struct store store;

	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		cr_assert_eq(merge_with(scripts[i], &store), 0, "merged: %s", scripts[i]);
		cr_assert_eq(corpus_verify(store.corpus), 2, "%s: %d inputs", scripts[i],
			     (int)corpus_verify(store.corpus));
	}
}
