// SPDX-License-Identifier: Apache-2.0
// Shows that the server is blind: five proofs, each with controls which show that the same look would have found something.
//   HONEST=bedrud HOSTILE=its/test/build VECTORS=test_e2ee node tests/prove/run.mjs [--tap] [PROOF [PART]]
// The report is printed, and written to build/prove-blind/report.html. It ends with 0 only if all is as claimed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as browser from '../interop/lib/browser.mjs';
import { work } from './pages.mjs';
import { Proof, Teller, toHtml } from './report.mjs';

const PROOFS = ['media', 'canary', 'evil', 'vectors', 'nonces'];
/** They wait for browsers most of the time, so two go on side by side: the longest, and the others one by one. */
const LANES = [['evil'], ['media', 'canary', 'vectors', 'nonces']];

const flags = new Set(process.argv.slice(2).filter((one) => one.startsWith('--')));
const [wanted, only] = process.argv.slice(2).filter((one) => !one.startsWith('--'));
const chosen = PROOFS.filter((name) => !wanted || name === wanted);
const programs = { honest: process.env.HONEST, hostile: process.env.HOSTILE, vectors: process.env.VECTORS };
if (chosen.length === 0 || Object.values(programs).some((one) => !one)) {
  process.stderr.write(`HONEST and HOSTILE name two builds of the server, VECTORS their test in C; the proofs are ${PROOFS.join(', ')}.\n`);
  process.exit(2);
}

mkdirSync(work, { recursive: true });
process.on('unhandledRejection', (error) => process.stderr.write(`# in the background: ${error?.message ?? error}\n`));
const proofs = [];
const teller = new Teller();

async function prove(name) {
  const i = chosen.indexOf(name);
  const { title, claim, prove } = await import(`./${name}.mjs`);
  const proof = new Proof(i + 1, title, claim, (text) => teller.say(i, text), { tap: flags.has('--tap') });
  proofs[i] = proof;
  try {
    await prove(proof, { programs, only });
  } catch (error) {
    proof.found('the proof itself', false, String(error?.stack ?? error));
  }
  proof.end();
  teller.end(i);
}

await Promise.all(
  LANES.map(async (lane) => {
    for (const name of lane) if (chosen.includes(name)) await prove(name);
  }),
);
await browser.end();
const good = proofs.every((proof) => proof.holds);
const file = join(work, 'report.html');
writeFileSync(file, toHtml(proofs, good));
if (!flags.has('--tap')) process.stdout.write(`\n${good ? 'All is as claimed.' : 'NOT all is as claimed.'} The report: ${file}\n`);
process.exit(good ? 0 : 1);
