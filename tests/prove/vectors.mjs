// SPDX-License-Identifier: Apache-2.0
// Proof: keys, frames and messages are those of the format, in TypeScript and in C. Control: with one digit altered in each of
// four vectors, both find these four.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyClient, root, run } from './pages.mjs';

export const title = 'Vectors';
export const claim = 'Two implementations, TypeScript and C, make the bytes that the format says.';

const FILE = 'tests/vectors/e2ee-vectors.json';
const LEAST = 2368;

/** What is altered: where it is, and the test in each implementation that has to notice. */
const FLIPS = [
  { what: 'a derived key', at: (v) => [v.kdf.at(-1), 'aes_key'], ts: 'keys >', c: 'test_keys' },
  { what: 'a frame', at: (v) => [v.frames[10], 'encrypted'], ts: "frames > 'f10'", c: 'test_frames' },
  { what: 'a frame of the native library', at: (v) => [v.native.frames[0], 'encrypted'], ts: 'frames > native', c: 'test_native_frames' },
  { what: 'a message', at: (v) => [v.data[0], 'encrypted_value'], ts: 'packets >', c: 'test_packets' },
];

const flipDigit = (text, at) => text.slice(0, at) + (parseInt(text[at], 16) ^ 1).toString(16) + text.slice(at + 1);

function flipped(text) {
  const vectors = JSON.parse(text);
  for (const { at } of FLIPS) {
    const [object, name] = at(vectors);
    object[name] = flipDigit(object[name], Math.floor(object[name].length / 2));
  }
  return JSON.stringify(vectors);
}

/** Vitest's results: what passed and failed, and what it says of comparisons. */
export async function vitest(folder, file) {
  const { code, said } = await run('npx', ['vitest', 'run', `tests/e2ee/${file}.test.ts`], { cwd: join(folder, 'web') });
  const names = (word) => [...said.matchAll(new RegExp(`^${word} \\d+ - (.*?)(?: # time=.*)?$`, 'gm'))].map(([, name]) => name);
  return { code, passed: names('ok'), failed: names('not ok'), compared: comparisons(said), said };
}

const comparisons = (said) => Number(said.match(/^# vectors: (\d+) comparisons$/m)?.[1] ?? 0);

async function inC(program, file) {
  const { code, said } = await run(program, [file]);
  const failed = [...said.matchAll(/^\[\s+FAILED\s+\] (test_\w+)$/gm)].map(([, name]) => name);
  return { code, failed: [...new Set(failed)], compared: comparisons(said) };
}

function controls(proof, ts, c) {
  for (const flip of FLIPS) {
    const found = ts.failed.filter((name) => name.includes(flip.ts));
    proof.control(`${flip.what} with one digit altered, TypeScript`, ts.code !== 0 && found.length > 0, `failed: ${found[0] ?? 'nothing'}`);
    proof.control(`${flip.what} with one digit altered, C`, c.code !== 0 && c.failed.includes(flip.c), `failed: ${c.failed.join(', ')}`);
  }
  const others = ts.failed.filter((name) => !FLIPS.some((flip) => name.includes(flip.ts)));
  proof.control('nothing else fails', others.length === 0 && ts.passed.length > 200, `${ts.passed.length} tests in TypeScript still pass${others.length > 0 ? `, but not ${others.join('; ')}` : ''}`);
}

export async function prove(proof, { programs }) {
  const [ts, c] = [await vitest(root, 'vectors'), await inC(programs.vectors, join(root, FILE))];
  const good = ({ code, failed, compared }) => code === 0 && failed.length === 0 && compared >= LEAST;
  proof.found('TypeScript, the code that runs in the page', good(ts), `${ts.compared} comparisons, ${ts.failed.length} failed`);
  proof.found('C', good(c), `${c.compared} comparisons, ${c.failed.length} failed`);
  const copy = copyClient('flipped');
  writeFileSync(join(copy, FILE), flipped(readFileSync(join(root, FILE), 'utf8')));
  controls(proof, await vitest(copy, 'vectors'), await inC(programs.vectors, join(copy, FILE)));
}
