// SPDX-License-Identifier: Apache-2.0
// A new key while everything goes on: what each viewer cannot decrypt meanwhile, by the counts of the key workers themselves.
import { meet, sees } from './acts.mjs';
import { BadLine } from './lossy.mjs';
import { check, until } from './tap.mjs';

/** From now on a viewer counts what comes out of its worker, and what does not. */
const tally = (page) =>
  page.evaluate(() => {
    window.tally = { ok: 0, dropped: 0, reasons: {} };
    window.connectionTest.keys.listen((message) => {
      for (const { ok, dropped, reason } of message.kind === 'counts' ? message.pipes : []) {
        window.tally.ok += ok;
        window.tally.dropped += dropped;
        if (reason) window.tally.reasons[reason] = (window.tally.reasons[reason] ?? 0) + dropped;
      }
    });
  });

/** While pictures and sound flow, every viewer counts what it cannot decrypt, until the old key is erased. */
export async function seamless(server, pairing, loss = 0) {
  const line = loss > 0 ? await BadLine.open(server, { loss }) : null;
  const script = line?.script;
  const { a, b } = await meet(server, pairing, { anna: { script }, ben: { script } });
  await Promise.all([a.publishVideo(), b.publishVideo({ u: 180, v: 90 }), a.publishTone(440), b.publishTone(1000)]);
  await Promise.all([sees(b, 'anna'), sees(a, 'ben', { u: 180, v: 90 })]);
  for (const { page } of [a, b]) await tally(page);
  check(await a.rotate(), 'begun');
  await Promise.all([a.epoch(1, 30000), b.epoch(1, 30000)]);
  await until('the old key is erased', async () => (await a.said('is erased')) && (await b.said('is erased')), 30000);
  const notes = [];
  for (const one of [a, b]) {
    const { ok, dropped, reasons } = await one.page.evaluate(() => window.tally);
    check(ok > 500, `${one.identity}: only ${ok} frames`);
    check(dropped < ok / 100, `${one.identity}: ${dropped} of ${ok} frames were dropped, ${JSON.stringify(reasons)}`);
    notes.push(`${one.identity}: ${dropped} of ${ok} frames dropped`);
  }
  await Promise.all([sees(b, 'anna'), sees(a, 'ben', { u: 180, v: 90 })]);
  if (line) {
    check(line.passed > 3000 && Math.abs(line.share - loss) < loss / 3, `the line lost ${line.lost} and passed ${line.passed} datagrams`);
    notes.push(`the line lost ${line.lost} of ${line.lost + line.passed} datagrams`);
  }
  return notes.join('; ');
}
