/* SPDX-License-Identifier: MIT */
#include "cli/artifact.h"
#include "cli/finding.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "campaign/findings.h"
#include "cli/commands.h"
#include "exec/sequence.h"
#include "guest/bytes.h"
#include "guest/fsutil.h"
#include "support/log.h"
#include "support/tmpdir.h"

#define WORDS_MAX    128
#define MAX_REPEATED 64 /* commands of one artifact */
#define SELF         "/proc/self/exe"

static bool ends_in(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n > m && !strcmp(path + n - m, end);
}

/* A program never begins with a brace: the text form has words, the stored binary its magic. */
static bool is_json(const char *path)
{
	FILE *f = ends_in(path, ".json") ? fopen(path, "re") : NULL;
	int c = EOF;

	while (f && (c = fgetc(f)) != EOF && strchr(" \t\r\n", c))
		;
	if (f)
		fclose(f);
	return c == '{';
}

bool artifact_is(const char *path)
{
	return fs_is_folder(path) || is_json(path);
}

/* Words of a command as it is printed: blanks between them, and '...' around what holds blanks. */
static int split(char *line, char **words, size_t max)
{
	size_t n = 0;
	char *to = line;

	while (*line) {
		bool quoted = false;

		while (*line == ' ')
			line++;
		if (!*line)
			break;
		if (n == max)
			return -E2BIG;
		words[n++] = to;
		for (; *line && (quoted || *line != ' '); line++) {
			if (*line == '\'')
				quoted = !quoted;
			else
				*to++ = *line;
		}
		if (quoted)
			return -EINVAL;
		if (*line)
			line++;
		*to++ = '\0';
	}
	words[n] = NULL;
	return (int)n;
}

/*
 * The end of @pid, for waitpid(). A signal to us is passed on, unless the terminal has sent it to
 * both of us: the child says how far it came.
 */
static int wait_for(pid_t pid, const sigset_t *signals)
{
	int status = 0;
	siginfo_t info;

	if (command_stopped())
		kill(pid, command_stopped());
	while (waitpid(pid, &status, WNOHANG) == 0) {
		struct timespec second = {.tv_sec = 1};
		int sig = sigtimedwait(signals, &info, &second);

		if (sig != SIGINT && sig != SIGTERM)
			continue;
		command_note_stop(sig);
		if (info.si_code <= 0)
			kill(pid, sig);
	}
	return status;
}

/*
 * Runs ourselves with @words, the first of which stands for us. @of: the artifact whose programs
 * are in files that end with this, or NULL; it is what is repeated by (finding_artifact). The exit
 * code or -errno with @e.
 */
static int run_self(char **words, const char *of, struct errmsg *e)
{
	sigset_t signals, before;
	int status = 0;
	pid_t pid;

	fflush(stdout);
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &signals, &before);
	pid = fork();
	if (pid < 0) {
		int err = -errno;

		pthread_sigmask(SIG_SETMASK, &before, NULL);
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "fork: %s", strerror(-err));
	}
	if (!pid) {
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		if (of ? setenv(FINDING_ARTIFACT, of, 1) : unsetenv(FINDING_ARTIFACT))
			_exit(EXIT_ENVIRONMENT);
		execv(SELF, words);
		log_error("cannot start %s again: %s", SELF, strerror(errno));
		_exit(EXIT_ENVIRONMENT);
	}
	status = wait_for(pid, &signals);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return errmsg_set(e, -EINTR, EXIT_ENVIRONMENT, "%s was killed by signal %d", words[1],
			  WTERMSIG(status));
}

/* A program's text in a file of its own, whose name goes into @path and ends as @name does. */
static int save_program(const char *text, const char *name, char path[PATH_MAX], struct errmsg *e)
{
	const char *end = ends_in(name, ".guest") ? ".guest" : ".irq";
	int fd, err;

	snprintf(path, PATH_MAX, "%s/irqstorm-XXXXXX%s", tmpdir(), end);
	fd = mkostemps(path, (int)strlen(end), O_CLOEXEC);
	err = fd < 0 ? -errno : write_all(fd, text, strlen(text));
	if (fd >= 0 && close(fd) && !err)
		err = -errno;
	if (!err)
		return 0;
	return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot write %s: %s", path, strerror(-err));
}

/*
 * Runs @command, a line beginning with "irqstorm"; with @program the word that is, or ends in,
 * @placeholder becomes the name of a file that holds it.
 */
static int run_command(const char *command, const char *program, const char *placeholder,
		       const char *of, struct errmsg *e)
{
	char *words[WORDS_MAX + 1], path[PATH_MAX] = "", with[PATH_MAX + 32];
	char *line = strdup(command);
	int n, ret;

	if (!line)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	printf("repeating: %s\n", command);
	n = split(line, words, WORDS_MAX);
	if (n < 2 || strcmp(words[0], "irqstorm")) {
		ret = errmsg_set(e, -EINVAL, EXIT_USAGE,
				 "'%s' is no irqstorm command; if it is a fuzz target of "
				 "yours, run it yourself",
				 command);
		goto out;
	}
	ret = program ? save_program(program, placeholder, path, e) : 0;
	for (int i = 0; !ret && program && i < n; i++) {
		if (!ends_in(words[i], placeholder) && strcmp(words[i], placeholder))
			continue;
		snprintf(with, sizeof(with), "%.*s%s",
			 (int)(strlen(words[i]) - strlen(placeholder)), words[i], path);
		words[i] = with;
	}
	if (!ret)
		ret = run_self(words, program ? of : NULL, e);
out:
	if (*path)
		unlink(path);
	free(line);
	return ret;
}

/* What a walk through a result came to. */
struct walk {
	const char *path;         /* of the result */
	const char *via, *target; /* of a result that has programs that differed, or NULL */
	uint32_t repeated;
	int worst;
};

static int note(struct walk *w, int ret)
{
	if (ret < 0)
		return ret;
	w->repeated++;
	/* a finding outranks the rest */
	if (w->worst != EXIT_FINDING && ret)
		w->worst = ret;
	return 0;
}

static const char *string_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* One program alone does not show it: all of them, one after another. */
static int run_sequence(const char *command, const json_t *programs, const char *of,
			struct errmsg *e)
{
	char *words[WORDS_MAX + 1], paths[SEQUENCE_MAX][PATH_MAX];
	char *line = strdup(command);
	int n = line ? split(line, words, WORDS_MAX - SEQUENCE_MAX) : -ENOMEM, ret = 0;
	size_t i, saved = 0;
	json_t *program;

	if (n < 0) {
		free(line);
		return errmsg_set(e, n, EXIT_ENVIRONMENT, "'%s': %s", command, strerror(-n));
	}
	printf("repeating: %s and %zu programs\n", command, json_array_size(programs));
	json_array_foreach(programs, i, program)
	{
		const char *text = json_string_value(program);

		if (!ret && (!text || saved == SEQUENCE_MAX))
			ret = errmsg_set(e, -EINVAL, EXIT_USAGE,
					 "a sequence has at most %u programs, all of them text",
					 SEQUENCE_MAX);
		if (!ret)
			ret = save_program(text, "finding.irq", paths[saved], e);
		if (!ret)
			words[n++] = paths[saved++];
	}
	words[n] = NULL;
	if (!ret)
		ret = run_self(words, of, e);
	while (saved)
		unlink(paths[--saved]);
	free(line);
	return ret;
}

/* A difference: {"key": ..., "program": TEXT, ...} of a run on walk's target. */
static int repeat_difference(struct walk *w, const json_t *difference, struct errmsg *e)
{
	const char *program = string_of(difference, "program");
	const char *fresh = string_of(difference, "fresh");
	const char *own = string_of(difference, "target");
	const char *target = own ? own : w->target;
	const char *whole = string_of(difference, "repeat");
	char command[1024];

	if (whole)
		return note(w, run_command(whole, NULL, NULL, w->path, e));
	if (fresh && !strcmp(fresh, fresh_verdict_names[FRESH_SEQUENCE])) {
		snprintf(command, sizeof(command), "%s run --target %s",
			 w->via ? w->via : "irqstorm", target);
		return note(w, run_sequence(command, json_object_get(difference, "sequence"),
					    w->path, e));
	}
	snprintf(command, sizeof(command), "%s run --target %s --trace FILE.irq",
		 w->via ? w->via : "irqstorm", target);
	return note(w, run_command(command, program, "FILE.irq", w->path, e));
}

static int repeat_all(struct walk *w, const json_t *v, bool top, struct errmsg *e)
{
	const char *repeat = string_of(v, "repeat"), *verdict = string_of(v, "verdict");
	const char *program = string_of(v, "program");
	const char *key;
	json_t *inner;
	size_t i;
	int err = 0;

	if (w->repeated == MAX_REPEATED)
		return 0;
	if (json_is_array(v)) {
		json_array_foreach(v, i, inner)
		{
			err = err ? err : repeat_all(w, inner, false, e);
		}
		return err;
	}
	if (!json_is_object(v))
		return 0;
	if (repeat && *repeat && (top || (verdict && strcmp(verdict, "pass"))))
		return note(w,
			    run_command(repeat, program, string_of(v, "program_name"), w->path, e));
	if (program && w->target && string_of(v, "key") && string_of(v, "what"))
		return repeat_difference(w, v, e);
	json_object_foreach((json_t *)v, key, inner)
	{
		err = err ? err : repeat_all(w, inner, false, e);
	}
	return err;
}

static int run_folder(const char *path, const struct artifact_options *o, struct errmsg *e);

/* The programs of a sequence, in a folder as 00.irq and so on, one after another. */
static int run_sequence_folder(const char *path, const struct artifact_options *o, struct errmsg *e)
{
	char *words[SEQUENCE_MAX + 8] = {"irqstorm", "run"};
	char file[SEQUENCE_MAX][PATH_MAX];
	uint32_t i;
	int n = 2;

	if (o->target) {
		words[n++] = "--target";
		words[n++] = (char *)o->target;
	}
	if (o->json) {
		words[n++] = "--json";
		words[n++] = (char *)o->json;
	}
	for (i = 0; i < SEQUENCE_MAX; i++) {
		snprintf(file[i], sizeof(file[i]), "%s/%02u.irq", path, i);
		if (access(file[i], R_OK))
			break;
		words[n++] = file[i];
	}
	words[n] = NULL;
	return run_self(words, NULL, e);
}

/* What was planted while it was found: its command begins with that. */
static const char *bug_of(const char *word)
{
	return strncmp(word, "IRQSTORM_BUG=", 13) ? NULL : word + 13;
}

/*
 * A campaign's findings: a folder each, which has the input that @repeat names last. One that has
 * no program does not keep the others from being repeated.
 */
static void repeat_campaign(struct walk *w, const json_t *findings, struct errmsg *e)
{
	char *words[WORDS_MAX + 1];
	const json_t *finding;
	size_t i;

	json_array_foreach(findings, i, finding)
	{
		const char *repeat = string_of(finding, "repeat");
		struct artifact_options o = {0};
		char *line = strdup(repeat ? repeat : ""), *slash = NULL;
		int n = line ? split(line, words, WORDS_MAX) : 0, err;

		if (n > 0)
			slash = strrchr(words[n - 1], '/');
		if (slash) {
			*slash = '\0';
			o.bug = bug_of(words[0]);
		}
		err = slash ? run_folder(words[n - 1], &o, e) : -EINVAL;
		if (err < 0)
			log_error("%s", slash ? e->text : "a finding without its input");
		free(line);
		note(w, err < 0 ? EXIT_ENVIRONMENT : err);
	}
}

static int run_json(const char *path, struct errmsg *e)
{
	json_error_t why;
	json_t *root = json_load_file(path, 0, &why);
	struct walk w = {.path = path};
	int err = 0;

	if (!root)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "%s: line %d: %s", path, why.line,
				  why.text);
	if (!string_of(root, "schema") || strncmp(string_of(root, "schema"), "irqstorm.", 9)) {
		err = errmsg_set(e, -EINVAL, EXIT_USAGE, "%s: no result of irqstorm (no schema)",
				 path);
		goto out;
	}
	w.via = string_of(root, "via");
	w.target = string_of(root, "target");
	if (!strncmp(string_of(root, "schema"), "irqstorm.campaign/", 18))
		repeat_campaign(&w, json_object_get(root, "findings"), e);
	else
		err = repeat_all(&w, root, true, e);
	if (!err && !w.repeated)
		printf("%s: nothing to repeat, there is no finding in it\n", path);
out:
	json_decref(root);
	return err ? err : w.worst;
}

static int is_result(const struct dirent *d)
{
	return d->d_name[0] != '.' && ends_in(d->d_name, ".json");
}

/* A folder of results, as gate --out leaves one: each is repeated. 0 with @n 0: it has none. */
static int run_results(const char *folder, const struct artifact_options *o, int *n,
		       struct errmsg *e)
{
	struct walk w = {0};
	struct dirent **names;
	int found = scandir(folder, &names, is_result, alphasort), err = 0;

	*n = 0;
	for (int i = 0; i < found; i++) {
		char file[PATH_MAX];

		snprintf(file, sizeof(file), "%s/%s", folder, names[i]->d_name);
		free(names[i]);
		if (err || command_stopped() || !is_json(file))
			continue;
		++*n;
		err = note(&w, artifact_run(file, o, e));
	}
	if (found >= 0)
		free(names);
	return err ? err : w.worst;
}

/* What is in the folder of a finding, shortest first (campaign/findings.h). */
static int run_folder(const char *path, const struct artifact_options *o, struct errmsg *e)
{
	static const char *const files[] = {
		"program.guest", "minimized.irq", "program.irq", "result.json", "summary.json",
	};
	char file[PATH_MAX], found_on[FINDING_TARGET], repeat[24];
	int results, err;

	finding_target(path, found_on);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *target = o->target ? o->target : found_on;
		char *words[16] = {"irqstorm", "run", "--trace"};
		int n = 3;

		snprintf(file, sizeof(file), "%s/%s", path, files[i]);
		if (access(file, R_OK))
			continue;
		if (artifact_is(file))
			return artifact_run(file, o, e);
		if (*target) {
			words[n++] = "--target";
			words[n++] = (char *)target;
		}
		if (o->bug) {
			words[n++] = "--bug";
			words[n++] = (char *)o->bug;
		}
		if (o->json) {
			words[n++] = "--json";
			words[n++] = (char *)o->json;
		}
		if (o->repeat > 1) {
			snprintf(repeat, sizeof(repeat), "%llu", (unsigned long long)o->repeat);
			words[n++] = "--repeat";
			words[n++] = repeat;
		}
		words[n] = file;
		return run_self(words, NULL, e);
	}
	snprintf(file, sizeof(file), "%s/00.irq", path);
	if (!access(file, R_OK))
		return run_sequence_folder(path, o, e);
	snprintf(file, sizeof(file), "%s/input", path);
	if (!access(file, R_OK))
		return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
				  "%s: what was found is no program; its fuzz target shows it "
				  "again, by the command in README",
				  path);
	err = run_results(path, o, &results, e);
	if (results)
		return err;
	return errmsg_set(
		e, -ENOENT, EXIT_ENVIRONMENT,
		"%s: Is a directory, and not of a finding: none of program.irq, program.guest, "
		"result.json, summary.json is in it, and no other result (.json)",
		path);
}

/* The name of an option that was given, or NULL. */
static const char *any_option(const struct artifact_options *o)
{
	if (o->target)
		return "target";
	if (o->json)
		return "json";
	if (o->bug)
		return "bug";
	if (o->repeat > 1)
		return "repeat";
	return o->trace ? "trace" : NULL;
}

int artifact_run(const char *path, const struct artifact_options *o, struct errmsg *e)
{
	const char *option = any_option(o);

	if (fs_is_folder(path))
		return run_folder(path, o, e);
	if (option)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "%s: --%s: a result is repeated by the commands that are in it, "
				  "as they are; for other options run its program",
				  path, option);
	return run_json(path, e);
}
