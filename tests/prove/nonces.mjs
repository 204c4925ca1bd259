// SPDX-License-Identifier: Apache-2.0
// Proof: no IV comes twice under a key, in 10,000,000 frames with reconnects and three layers. Controls: repeats that were put
// there are found, and so is a counter that begins anew.
import { copyClient, patch, root } from './pages.mjs';
import { vitest } from './vectors.mjs';

export const title = 'Nonces';
export const claim = 'No pair of key and IV is used twice.';

const ALL = 'do not repeat in 10,000,000 frames with reconnects and three layers';
const PUT_THERE = [
  'that repeat are found: one by hand among 1,000,000',
  'that repeat are found: a session that draws what an earlier one drew',
];

const named = (list, part) => list.filter((name) => name.includes(part));

export async function prove(proof) {
  const seen = await vitest(root, 'nonce');
  proof.found(`IVs ${ALL}`, seen.code === 0 && named(seen.passed, ALL).length === 1, `${seen.passed.length} tests passed, ${seen.failed.length} failed`);
  for (const name of PUT_THERE) proof.control(`IVs ${name}`, named(seen.passed, name).length === 1, 'the same table, with a repeat put there');
  const copy = copyClient('nonces');
  patch(copy, [['e2ee/iv.ts', 'this.#counter++;', 'this.#counter = (counter + 1) % 8192;']]);
  const broken = await vitest(copy, 'nonce');
  proof.control('a source of IVs whose counter begins anew', named(broken.failed, ALL).length === 1, `failed: ${broken.failed.length} tests`);
}
