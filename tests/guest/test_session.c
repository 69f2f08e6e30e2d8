/* SPDX-License-Identifier: MIT */
/* What of a session takes no keeper: packets, archives that are unpacked, what a kernel lacks. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/cmdfile.h"
#include "guest/cpio.h"
#include "guest/mailbox.h"
#include "guest/needs.h"
#include "guest/session.h"
#include "guest/session_peer.h"

static int fails_with_enosys(void)
{
	return -ENOSYS;
}

static int fails_with_emfile(void)
{
	return -EMFILE;
}

static int works(void)
{
	return 0;
}

Test(needs, the_call_the_errno_and_the_option_are_named)
{
	static const struct need table[] = {
		{"one", works, "CONFIG_ONE", "it"},
		{"two_create", fails_with_enosys, "CONFIG_TWO", "consumers"},
	};
	struct errmsg e = {0};

	cr_assert_eq(needs_check_all(table, 2, &e), -ENOSYS);
	cr_assert_eq(e.exit, EXIT_ENVIRONMENT);
	cr_assert_str_eq(e.text, "this kernel lacks what irqstorm needs: two_create: Function not "
				 "implemented (CONFIG_TWO, for consumers)");
}

Test(needs, all_that_is_missing_is_told_at_once)
{
	static const struct need table[] = {
		{"a", fails_with_enosys, "CONFIG_A", NULL},
		{"b", works, "CONFIG_B", NULL},
		{"c", fails_with_enosys, "CONFIG_C", NULL},
		{"d", NULL, "CONFIG_D", NULL},
	};
	struct errmsg e = {0};

	needs_check_all(table, 4, &e);
	cr_assert(strstr(e.text, "a: Function not implemented (CONFIG_A); c: Function not "
				 "implemented (CONFIG_C)"));
	cr_assert(!strstr(e.text, "CONFIG_B") && !strstr(e.text, "CONFIG_D"));
}

Test(needs, an_errno_that_does_not_mean_absence_names_no_option)
{
	static const struct need table[] = {{"a", fails_with_emfile, "CONFIG_A", NULL}};
	struct errmsg e = {0};

	cr_assert_eq(needs_check_all(table, 1, &e), -EMFILE);
	cr_assert(strstr(e.text, "a: Too many open files"));
	cr_assert(!strstr(e.text, "CONFIG_A"));
}

Test(needs, a_call_that_failed_elsewhere_finds_its_option)
{
	struct errmsg e = {0};

	cr_assert_eq(needs_failed("mount proc", ENODEV, &e), -ENODEV);
	cr_assert_str_eq(e.text,
			 "this kernel lacks what irqstorm needs: mount proc: No such device "
			 "(CONFIG_PROC_FS)");
	cr_assert_eq(needs_failed("fork", EAGAIN, &e), -EAGAIN);
	cr_assert_str_eq(e.text, "fork: Resource temporarily unavailable");
}

/* From here on system call @nr is not there, as in a kernel that was built without it. */
static void take_away(unsigned int nr)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = 4, .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(99);
}

/* Exit code 0: the real table, tried without @nr, says what it should. */
static int status_without(unsigned int nr, const char *want)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct errmsg e = {0};

		take_away(nr);
		if (needs_check(&e) != -ENOSYS)
			_exit(1);
		_exit(strstr(e.text, want) ? 0 : 2);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(needs, each_call_of_the_table_is_really_made)
{
	struct errmsg e = {0};

	cr_assert_eq(needs_check(&e), 0, "this machine lacks nothing: %s", e.text);
	cr_assert_eq(status_without(SYS_epoll_create1, "epoll_create1: Function not implemented "
						       "(CONFIG_EPOLL"),
		     0);
	cr_assert_eq(status_without(SYS_eventfd2, "(CONFIG_EVENTFD"), 0);
	cr_assert_eq(status_without(SYS_signalfd4, "(CONFIG_SIGNALFD"), 0);
	cr_assert_eq(status_without(SYS_timerfd_create, "(CONFIG_TIMERFD"), 0);
	cr_assert_eq(status_without(SYS_socketpair, "(CONFIG_NET and CONFIG_UNIX"), 0);
	cr_assert_eq(status_without(SYS_memfd_create, "CONFIG_MEMFD_CREATE"), 0);
	cr_assert_eq(status_without(SYS_futex, "(CONFIG_FUTEX"), 0);
}

static void read_text(const char *dir, const char *name, char *text, size_t size)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	cr_assert_not_null(f, "%s", path);
	text[fread(text, 1, size - 1, f)] = '\0';
	fclose(f);
}

Test(cpio, what_is_packed_is_unpacked)
{
	char dir[] = "/tmp/irqstorm-cpio-XXXXXX", text[32], command[64];
	struct bytes b = {0};
	struct stat st;

	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(cpio_dir(&b, "in"), 0);
	cr_assert_eq(cpio_file(&b, "in/odd", 0644, "12345", 5), 0);
	cr_assert_eq(cpio_file(&b, "program", 0755, "", 0), 0);
	cr_assert_eq(cpio_end(&b), 0);
	for (int again = 0; again < 2; again++)
		cr_assert_eq(cpio_unpack(b.data, b.len, dir), 0, "twice is no error");
	read_text(dir, "in/odd", text, sizeof(text));
	cr_assert_str_eq(text, "12345");
	snprintf(command, sizeof(command), "%s/program", dir);
	cr_assert_eq(stat(command, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0755);
	cr_assert_eq(st.st_mtim.tv_sec, 0, "as what the kernel unpacks");
	for (size_t cut = 0; cut < b.len; cut++)
		cr_assert_eq(cpio_unpack(b.data, cut, dir), -EINVAL, "cut at %zu", cut);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	cr_assert_eq(system(command), 0);
	bytes_free(&b);
}

Test(mailbox, takes_what_fits)
{
	int box = mailbox_create(), request = memfd_create("r", MFD_CLOEXEC);
	char back[6] = "";

	cr_assert_geq(box, 0);
	cr_assert_eq(mailbox_put(box, request), -EFBIG, "nothing is no request");
	cr_assert_eq(write(request, "hello", 5), 5);
	cr_assert_eq(mailbox_put(box, request), 5);
	cr_assert_eq(pread(box, back, 5, 0), 5);
	cr_assert_str_eq(back, "hello");
	cr_assert_eq(ftruncate(request, MAILBOX_SIZE + 1), 0);
	cr_assert_eq(mailbox_put(box, request), -EFBIG);
	close(box);
	close(request);
}

Test(peer, keeps_what_the_caller_does_not_take_and_loses_nothing)
{
	uint8_t data[FRAME_PAYLOAD_MAX], buf[FRAME_SIZE_MAX];
	unsigned int sent = 0, got = 0;
	int pair[2], fd, rides;
	struct peer p;
	struct frame f;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	peer_init(&p, pair[0]);
	fd = memfd_create("m", MFD_CLOEXEC);
	peer_send(&p, FRAME_SESSION, "x", 1, fd);
	cr_assert_gt(packet_receive(pair[1], buf, sizeof(buf), &rides), 0);
	cr_assert_geq(rides, 0, "the descriptor rides along");
	for (; peer_waiting(&p) < 200000; sent++) {
		memset(data, (int)sent & 255, sizeof(data));
		peer_send(&p, FRAME_STDOUT, data, sizeof(data), -1);
	}
	while (got < sent) {
		ssize_t n = packet_receive(pair[1], buf, sizeof(buf), &rides);

		if (n == -EAGAIN) {
			peer_flush(&p);
			continue;
		}
		cr_assert(packet_frame(buf, (size_t)n, &f));
		cr_assert_eq(f.len, sizeof(data));
		cr_assert_eq(f.data[17], got & 255, "in order");
		got++;
	}
	cr_assert_eq(peer_waiting(&p), 0);
	peer_send(&p, FRAME_STDOUT, "x", 1, -1);
	cr_assert_eq(packet_send(pair[1], &p.seq, FRAME_TAKEN, NULL, 0, -1), 0);
	cr_assert_eq(packet_send(pair[1], &p.seq, FRAME_GONE, "last", 4, -1), 0);
	close(pair[1]);
	cr_assert(peer_receive(&p, &f, buf, &rides), "a reset hides nothing");
	cr_assert_eq(f.type, FRAME_TAKEN);
	cr_assert(peer_receive(&p, &f, buf, &rides));
	cr_assert_eq(f.type, FRAME_GONE);
	peer_send(&p, FRAME_STDOUT, "x", 1, -1);
	cr_assert_eq(p.fd, -1, "a caller that has gone is noticed");
	close(fd);
}

Test(session, tells_all_that_differs_and_nothing_else)
{
	struct session_call s = {.dir = "/d"};
	struct bytes wanted = {0};
	struct errmsg e = {0};

	cmdfile_add(&s.about, "--kernel", "debian:6.12");
	cmdfile_add(&s.about, "--smp", "1");
	cmdfile_add(&s.about, "--devices", "edu");
	cr_assert_eq(session_compare(&s, &wanted, &e), 0, "nothing is wanted");
	cmdfile_add(&wanted, "--devices", "edu");
	cr_assert_eq(session_compare(&s, &wanted, &e), 0);
	cmdfile_add(&wanted, "--smp", "2");
	cmdfile_add(&wanted, "--append", "x=y");
	cr_assert_eq(session_compare(&s, &wanted, &e), -EINVAL);
	cr_assert_eq(e.exit, EXIT_USAGE);
	cr_assert(strstr(e.text, "--smp 1, not 2; --append (none), not x=y: "));
	cr_assert(!strstr(e.text, "--devices"));
	bytes_free(&wanted);
	bytes_free(&s.about);
}
