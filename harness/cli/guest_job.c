/* SPDX-License-Identifier: MIT */
#include "cli/guest_job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/engine.h"
#include "cli/commands.h"
#include "guest/initramfs.h"
#include "support/clock.h"

#define FUZZ_PREFIX "fuzz_"
#define TIME_LIMIT  "-max_total_time="
#define TIMEOUT     (600 * NSEC_PER_SEC)
#define BOOT_TIME   (120 * NSEC_PER_SEC) /* and the way out; TCG on a busy host */

/* libFuzzer's own code for a finding, 77, means "skipped" to others. The user's words come later.
 */
static char finding_code[] = "-error_exitcode=1";

int guest_job_program(const struct guest_job *job, const struct guest_arch *arch,
		      char program[PATH_MAX], struct errmsg *e)
{
	struct engine_paths paths;
	struct bytes content = {0};
	int err;

	if (job->fuzz) {
		err = engine_locate_for_guest(job->argv[0], job->fuzz_dir, arch, &paths, e);
		if (!err)
			memcpy(program, paths.target, PATH_MAX);
		return err;
	}
	if (snprintf(program, PATH_MAX, "%s", job->argv[0]) >= PATH_MAX)
		return errmsg_set(e, -ENAMETOOLONG, EXIT_USAGE, "that path is too long");
	err = initramfs_program(&content, program, arch, false, e);
	bytes_free(&content);
	return err;
}

static int find_subcommand(struct guest_job *job, struct errmsg *e)
{
	job->sub = command_find(job->argv[0]);
	if (!job->sub)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "no subcommand '%s' to run in the guest; see irqstorm --help",
				  job->argv[0]);
	if (job->sub == &cmd_guest)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "guest does not run in a guest");
	opt_first(job->sub, job->argc, job->argv);
	return 0;
}

int guest_job_init(struct guest_job *job, const char *fuzz_dir, int argc, char **argv,
		   struct errmsg *e)
{
	memset(job, 0, sizeof(*job));
	if (!argc)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "guest needs a subcommand to run: irqstorm guest -- info");
	if (getenv("IRQSTORM_GUEST"))
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "this is a guest: guest does not run in one");
	job->argv = calloc((size_t)argc + 2, sizeof(*job->argv));
	if (!job->argv)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	job->fuzz_dir = fuzz_dir;
	job->fuzz = !strncmp(argv[0], FUZZ_PREFIX, strlen(FUZZ_PREFIX)) && !strchr(argv[0], '/');
	for (int i = 0; i < argc; i++) {
		job->argv[job->argc++] = argv[i];
		if (!i && job->fuzz)
			job->argv[job->argc++] = finding_code;
	}
	/* What a program is depends on the guest: guest_job_program(). */
	return job->fuzz || strchr(argv[0], '/') ? 0 : find_subcommand(job, e);
}

void guest_job_free(struct guest_job *job)
{
	free(job->argv);
	job->argv = NULL;
}

unsigned int guest_job_cpus(const struct guest_job *job)
{
	return job->fuzz || (job->sub && job->sub->one_thread) ? 1 : 2;
}

uint64_t guest_job_timeout(const struct guest_job *job)
{
	uint64_t limit = TIMEOUT;

	for (int i = 1; job->fuzz && i < job->argc; i++) {
		uint64_t seconds, want;

		if (strncmp(job->argv[i], TIME_LIMIT, strlen(TIME_LIMIT)))
			continue;
		seconds = strtoull(job->argv[i] + strlen(TIME_LIMIT), NULL, 10);
		want = seconds < UINT32_MAX ? seconds * NSEC_PER_SEC + BOOT_TIME : UINT64_MAX / 2;
		limit = want > limit ? want : limit;
	}
	return limit;
}
