#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Types lines with tabs into an interactive bash, and looks at the words that it would run.
Usage: typed.py COMPLETION"""
import os
import pty
import sys
import time

LINES = [
    ("irqstorm stre\t--dur\t1s", "<stress><--duration><1s>"),
    ("irqstorm run --target emu:pro\t2", "<run><--target><emu:profile=6.12>"),
    ("irqstorm stress --target=vfio:au\t", "<stress><--target=vfio:auto>"),
    ("irqstorm stress --resize track-guest-\t--mode op\t", "<stress><--resize><track-guest-v0><--mode><open>"),
    ("irqstorm guest --devices ivshmem,ed\t-- ben\t", "<guest><--devices><ivshmem,edu><--><bench>"),
]


def read_until(fd, text, seconds):
    seen, end = "", time.monotonic() + seconds
    while text not in seen and time.monotonic() < end:
        seen += os.read(fd, 4096).decode(errors="replace")
    return seen


def main():
    env = dict(os.environ, TERM="dumb", PS1="$ ", INPUTRC="/dev/null", HISTFILE="/dev/null")
    pid, fd = pty.fork()
    if not pid:
        os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], env)
    os.write(fd, b"bind 'set enable-bracketed-paste off'; irqstorm() { printf '<%s>' \"$@\"; echo '|'; }\n")
    os.write(fd, f". {sys.argv[1]}; echo re''ady\n".encode())
    seen = read_until(fd, "ready\r\n", 60)
    bad = []
    for line, words in LINES:
        os.write(fd, line.encode() + b"\n")
        seen = read_until(fd, ">|\r\n", 60)
        if words + "|" not in seen:
            bad.append(f"{line!r} became {seen!r}, not {words}")
    os.write(fd, b"exit\n")
    os.waitpid(pid, 0)
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
