// SPDX-License-Identifier: Apache-2.0
// Proof: what a hostile server tries is refused, and shown. Control: each guard is taken out of the page in turn, and what it
// guards against gets through then; every such page faces every attack, and nothing else gets through.
import { runCases } from '../interop/lib/tap.mjs';
import { ATTACKS } from './attacks.mjs';
import { GUARDS } from './guards.mjs';
import { buildPage, ownPage } from './pages.mjs';
import { inTurns, Stage } from './stage.mjs';

const OURS = 'as it is';

export const title = 'Hostile server';
export const claim = 'A server that lies, injects, swaps and repeats is refused, and the page says so.';

async function buildAll() {
  const build = async ([name, { patches }], i) => [name, await buildPage(`guard-${i}`, patches)];
  return Object.fromEntries(await inTurns(Object.entries(GUARDS), build));
}

/** One attack on these pages. */
async function play(program, attack, pages) {
  const stage = new Stage(program, attack, pages);
  try {
    await stage.start();
    const verdicts = await ATTACKS[attack].run(stage);
    return { verdicts, carriedOut: stage.carriedOut };
  } finally {
    await stage.end();
  }
}

function judge(proof, attack, { verdicts, carriedOut }) {
  const { [OURS]: ours, ...others } = verdicts;
  const times = carriedOut > 0 ? ` (carried out ${carriedOut} times)` : '';
  proof.found(`${attack}: ${ATTACKS[attack].says}${times}`, ours.refused && carriedOut > 0, ours.seen);
  const quiet = [];
  for (const [name, { refused, seen }] of Object.entries(others)) {
    const opens = GUARDS[name].opens.includes(attack);
    if (opens) proof.control(`${attack}, on a page without "${name}"`, !refused, refused ? `refused all the same: ${seen}` : `it gets through: ${seen}`);
    else if (!refused) proof.control(`${attack}, on a page without "${name}"`, false, `it should not matter here, but: ${seen}`);
    else quiet.push(name);
  }
  if (quiet.length > 0) proof.control(`${attack}, on ${quiet.length} pages without another guard`, true, `refused by each: ${quiet.join(', ')}`);
}

export async function prove(proof, { programs, only }) {
  const mutants = await buildAll();
  proof.did(`${Object.keys(mutants).length} pages were built, each without one guard`);
  const cases = Object.keys(ATTACKS)
    .filter((attack) => !only || attack === only)
    .map((attack) => {
      const pages = { [OURS]: ownPage, ...mutants };
      return [attack, 150, async () => judge(proof, attack, await play(programs.hostile, attack, pages))];
    });
  await runCases('hostile server', cases, (passed, name, _ms, error) => {
    if (!passed) proof.found(name, false, String(error?.message ?? error));
  });
  for (const [name, { opens }] of Object.entries(GUARDS)) {
    if (opens.some((attack) => !ATTACKS[attack])) throw new Error(`the guard "${name}" names an attack that there is not`);
  }
}
