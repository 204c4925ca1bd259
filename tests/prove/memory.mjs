// SPDX-License-Identifier: Apache-2.0
// All that a running process has in its memory: what a core dump would hold, read while it stands still.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const CHUNK = 4 * 1024 * 1024;
/** Chunks overlap by more than the longest piece that is looked for. */
const OVERLAP = 256;

function* mappings(pid) {
  for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const [, from, to, rights, name] = line.match(/^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)$/) ?? [];
    if (from && rights.startsWith('r') && !/^\[v(var|syscall)/.test(name)) yield [parseInt(from, 16), parseInt(to, 16)];
  }
}

/** @param look is given the bytes piece by piece */
export function readMemory(pid, look) {
  process.kill(pid, 'SIGSTOP');
  const fd = openSync(`/proc/${pid}/mem`, 'r');
  try {
    const buffer = Buffer.alloc(CHUNK);
    for (const [from, to] of mappings(pid)) {
      for (let at = from; at < to; at += CHUNK - OVERLAP) {
        const count = readSync(fd, buffer, 0, Math.min(CHUNK, to - at), at);
        look(buffer.subarray(0, count));
      }
    }
  } finally {
    closeSync(fd);
    process.kill(pid, 'SIGCONT');
  }
}
