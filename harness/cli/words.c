/* SPDX-License-Identifier: MIT */
#include "cli/words.h"

#include <stddef.h>

#include "nightly/nightly.h"
#include "report/text.h"
#include "stress/report.h"
#include "support/table.h"

struct word {
	const char *word, *meaning;
};

static const struct word of_a_storm[] = {
	{"fired",
	 "Times that the device raised a vector. Each is delivered, coalesced, unarmed or lost."},
	{"delivered", "Its signal came, at the eventfd of its vector."},
	{"coalesced", "It was merged with a signal that had not been read yet."},
	{"unarmed", "Its vector was not in use: nobody was to get it."},
	{"lost", "It was to come and never did; explained or unexplained."},
	{"explained", "It was lost in a gap that the rules allow, such as a disable."},
	{"unexplained", "It was lost where no rule allows that: a bug."},
	{"extra", "Signals without a fire, so far; at the end each is spurious, misrouted or a "
		  "stray."},
	{"spurious", "A signal that no fire explains: a bug."},
	{"misrouted", "A signal at another vector than the one that lost it: a bug."},
	{"strays", "Messages of removed vectors that arrived at the newcomers of their slots."},
	{"late", "Delivered after --deadline."},
	{"wake-ups", "Reads of an eventfd that brought something."},
	{"control", "The same threads on bare eventfds in the same run, without a device."},
	{"ratio to it", "What the storm came to, divided by what the control did; absent before "
			"control has run on both sides."},
	{"CQ overflows", "Times that io_uring's completion queue was full."},
	{"re-arms", "Times that a read had to be asked of io_uring again."},
	{"waits for a stamp", "Times that a producer had no room to note when it fired."},
	{"planted", "Faults that fault= of the target has made."},
	{NULL, NULL},
};

static const struct word of_programs[] = {
	{"divergence", "The target did something else than the rules say."},
	{"control", "The same calls without the model and its checks."},
	{"digest", "Of all outcomes: the same for the same seed, target and options."},
	{"inputs", "How much of the matrix of inputs was tried: docs/diff-json.md."},
	{"refused", "Calls that a host may refuse, and did."},
	{NULL, NULL},
};

static const struct word of_a_target[] = {
	{"target", "As it was given, with what was chosen for it."},
	{"device", "Its PCI address, ids and name, or the emulator."},
	{"kernel", "The release that it runs on."},
	{"profile", "The release whose rules the model follows."},
	{"via", "How it was opened: by its group, or its cdev."},
	{"has", "Features of kernel and host that are there, and how each was found out."},
	{"lacks", "Those that a probe showed not to be there."},
	{"unusual", "Those where a probe and the release disagree; no fault."},
	{"trigger", "What makes it interrupt, and which of its vectors that can fire."},
	{"caps", "What the target can do for a test; a name each:"},
	{NULL, NULL},
};

static const struct word of_a_run[] = {
	{"ok", "All operations were carried out, and did what the rules say."},
	{"skipped in part", "Nothing differed, and not all could be tried; it says why."},
	{"DIFFERENCE", "An operation did something else than the rules say: a finding."},
	{"key", "The same for the same bug: docs/reproducers.md."},
	{"hazard", "What the kernel accepts and no caller can mean, with its rule; no finding."},
	{"digest", "Of all outcomes: the same for the same program and target."},
	{"refused", "Calls that a host may refuse, and did."},
	{NULL, NULL},
};

static void tell_list(const struct word *w, opt_word_fn tell, void *data)
{
	for (; w->word; w++)
		tell(w->word, w->meaning, data);
}

void words_info(opt_word_fn tell, void *data)
{
	tell_list(of_a_target, tell, data);
	info_caps_words(tell, data);
	tell("host", "What SET_IRQS has to reckon with on this host.", data);
	tell("check", "With --check: what came of trying every MSI-X vector.", data);
	table_words(info_columns, tell, data);
}

void words_run(opt_word_fn tell, void *data)
{
	tell_list(of_a_run, tell, data);
}

void words_stress(opt_word_fn tell, void *data)
{
	tell_list(of_a_storm, tell, data);
	table_words(stress_latency_columns, tell, data);
}

void words_bench(opt_word_fn tell, void *data)
{
	text_words(tell, data);
}

void words_doctor(opt_word_fn tell, void *data)
{
	table_words(doctor_columns, tell, data);
}

void words_gate(opt_word_fn tell, void *data)
{
	table_words(gate_list_columns, tell, data);
}

void words_nightly(opt_word_fn tell, void *data)
{
	table_words(nightly_columns, tell, data);
}

void words_zoo(opt_word_fn tell, void *data)
{
	table_words(zoo_columns, tell, data);
}

void words_diff(opt_word_fn tell, void *data)
{
	tell_list(of_programs, tell, data);
}
