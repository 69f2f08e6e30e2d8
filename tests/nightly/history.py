#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""history.py DIR: 24 nights with a change in them as DIR/history.jsonl, and findings as DIR/known.json."""
import json
import sys

NIGHTS = ['2026-01-%02dT0100Z-1' % (i + 1) for i in range(24)]


def figures(i):
    return {
        'diff/emu-6.12/ops_per_s': (100000 if i < 12 else 70000) + 1000 * (i % 3),
        'diff/emu-6.1/ops_per_s': 100 + i * 7 % 5,
        'bench/emu-6.12/teardown/lost_per_million': [0, 0, 1.25][i % 3],
        'bench/emu-6.12/a-strategy-with-a-long-name/resize_p50_ns': 109400 + 250 * (i % 5),
        'bench/emu-6.12/none/lost_per_million': 0,
        'bench/emu-6.12/none/ratio_p50': 0.8 + i % 4 / 100,
        'campaign/libfuzzer/fuzz_irq_program/inputs': 1 + i % 2,
        'campaign/libfuzzer/fuzz_irq_program/execs': 123456789 + i,
    }


def finding(key, step, **more):
    entry = {'key': key, 'what': '27 lost unexplained, 0 spurious, 0 misrouted in 65 fires', 'step': step,
             'repeat': 'irqstorm stress --target emu:profile=6.12,vectors=64,fault=drop:2 --vectors 8 '
                       '--resize dynamic --duration 50ms --seed 0x1944776f1237a978 --rate max',
             'artifact': 'nights/%s/%s/result.txt' % (NIGHTS[-1], step), 'first': NIGHTS[-1],
             'last': NIGHTS[-1], 'nights': 1, 'back': '', 'gone': '', 'marked': False, 'note': ''}
    entry.update(more)
    return entry


def main():
    with open(sys.argv[1] + '/history.jsonl', 'w') as f:
        for i, night in enumerate(NIGHTS):
            line = {'schema': 'irqstorm.nightly-history/1', 'night': night, 'version': '0.1.0', 'seed': '0x1',
                    'started': night[:13], 'ended': night[:10], 'verdict': 'pass', 'seconds': 30000.5,
                    'new': 0, 'known': 0, 'gone': 0, 'steps': {}, 'figures': figures(i)}
            if i == 5:
                line['figures']['gate/once/seconds_s'] = 3.5
            f.write(json.dumps(line) + '\n')
    findings = [finding('bench:emu-%s:%s:lost' % (kernel, strategy), 'bench-emu')
                for kernel in ('6.1', '6.12') for strategy in ('none', 'teardown', 'swap', 'upfront')]
    findings.append(finding('gate:stress:dynamic:lost', 'gate'))
    findings.append(finding('counter:R54:set_irqs/msix/trigger/eventfd', 'diff-emu-6.12',
                            what='e0: expected 1 signals, got 0', first=NIGHTS[3], nights=7,
                            note='reported upstream', marked=True))
    findings.append(finding('counter:R50:fire/msix', 'diff-emu-6.12', last=NIGHTS[4], gone=NIGHTS[5]))
    json.dump({'schema': 'irqstorm.nightly-known/1', 'findings': findings}, open(sys.argv[1] + '/known.json', 'w'))


main()
