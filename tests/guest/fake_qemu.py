#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
QEMU and a guest's init in one, for IRQSTORM_QEMU: what a session's keeper does with a guest that
answers at once, late, or not at all; with FAKE_REFUSES, a text, it does not become ready. The words of the command say what the guest is to do.
    say TEXT     print it
    sleep S      before going on
    code N       exit code
    bug          a kernel's report that reaches the console after the last word, before the mark
    late-bug     one that comes when the command has ended
    quit         QEMU ends
    diff ...     print the words; with --ops 1 the exit code is 1
    fresh N      exit code N in a plain guest, 0 in a session; stale N: the other way round
    mute         no word any more, though the process runs
    deaf         as mute, for this command's end only: it does not come
    dirty        something cannot be put back
"""
import mmap, os, re, select, struct, sys, time, zlib

text = ' '.join(sys.argv)
console = int(re.search(r'id=console,fd=(\d+)', text)[1])
channel = int(re.search(r'id=channel,fd=(\d+)', text)[1])
mailbox = re.search(r'id=mailbox,mem-path=(\S+?),', text)
initrd = re.search(r'-initrd (\S+)', text)[1]
READY, STDOUT, EXIT, HEARTBEAT, LOG = 1, 2, 7, 8, 9
DIRTY, MARK, SIGNAL, REQUEST = 12, 13, 64, 65
for fd in console, channel:
    os.set_blocking(fd, True)
seq = 0


def send(kind, data=b''):
    global seq
    body = struct.pack('<BBH', kind, seq, len(data)) + data
    os.write(channel, b'\xa9\x5e' + body + struct.pack('<I', zlib.crc32(body)))
    seq = seq + 1 & 255


def log(line):
    os.write(console, ('[    1.000000] %s\r\n' % line).encode())


def words(archive):
    """The command line in a request or initramfs, without the program's name."""
    with open(archive, 'rb') as f:
        data, at = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ), 0
    while data[at:at + 6] == b'070701':
        field = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        name = data[at + 110:at + 109 + field[11]]
        at = at + 110 + field[11] + 3 & ~3
        if name == b'command':
            lines = data[at:at + field[6]].split(b'\0')
            return [l[4:].decode() for l in lines if l.startswith(b'arg=')][1:]
        at = at + field[6] + 3 & ~3
    return []


def frames(timeout):
    """What has come: (type, data)."""
    while select.select([channel], [], [], timeout)[0]:
        data = os.read(channel, 65536)
        if not data:
            raise OSError
        while data:
            size = struct.unpack('<H', data[4:6])[0]
            yield data[2], data[6:6 + size]
            data = data[10 + size:]
        timeout = 0


def run(number, args):
    """False: nothing more is said."""
    code = late = slow = deaf = 0
    if args[:1] == ['diff']:
        send(STDOUT, ' '.join(args).encode() + b'\n')
        code = int('1' in args)
    while args:
        word = args.pop(0)
        if word == 'say':
            send(STDOUT, args.pop(0).encode() + b'\n')
        elif word == 'sleep':
            end = time.monotonic() + float(args.pop(0))
            while time.monotonic() < end:
                send(HEARTBEAT)
                for kind, data in frames(0.1):
                    if kind == SIGNAL:
                        args, end = [], 0
        elif word == 'code':
            code = int(args.pop(0))
        elif word in ('fresh', 'stale'):
            value = int(args.pop(0))
            code = value if (word == 'stale') == bool(mailbox) else 0
        elif word == 'quit':
            sys.stderr.write('fake: out of luck\n')
            sys.exit(1)
        elif word == 'mute':
            return False
        elif word == 'dirty':
            send(DIRTY, b'the command left a hole')
        late, slow, deaf = late or word == 'late-bug', slow or word == 'bug', deaf or word == 'deaf'
    while deaf:
        send(HEARTBEAT)
        time.sleep(0.2)
    send(MARK, struct.pack('<I', number))
    send(EXIT, struct.pack('<IIQ', code, 0, 0))
    if slow:
        time.sleep(0.5)
        log('BUG: before the mark')
    log('irqstorm: command %d ended' % number)
    if late:
        time.sleep(0.5)
        log('BUG: after the mark')
    return True


def serve():
    log('booting')
    if 'FAKE_REFUSES' in os.environ:
        send(LOG, os.environ['FAKE_REFUSES'].encode())
        send(EXIT, struct.pack('<IIQ', 3, 0, 0))
        return
    send(READY, b'6.99-fake')
    if not mailbox:
        run(1, words(initrd))
        return
    alive = True
    while True:
        for kind, data in frames(0.2):
            if kind == REQUEST:
                alive = run(struct.unpack('<II', data)[0], words(mailbox[1]))
        if alive:
            send(HEARTBEAT)


try:
    serve()
except OSError:
    time.sleep(1000)  # as QEMU stays when nobody is at the other end
