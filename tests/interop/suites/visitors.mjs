// SPDX-License-Identifier: Apache-2.0
// The meeting in the web app: people come by a link, and see, hear and write to each other; pictures are judged by pixels,
// sounds by frequency.
import { Account, newKey, Visitor } from '../lib/visitor.mjs';
import { check, equal, until } from '../lib/tap.mjs';

export { end } from '../lib/browser.mjs';

let host;
const account = async (server) => (host ??= await Account.register(server));

const ANNA = { hue: 20, frequency: 500 };
const BEN = { hue: 200, frequency: 900 };

async function pair(server, e2ee) {
  const room = await (await account(server)).room({ e2ee });
  const key = e2ee ? newKey() : undefined;
  const anna = await Visitor.in(server, room, 'Anna', { key, ...ANNA });
  const ben = await Visitor.in(server, room, 'Ben', { key, ...BEN });
  return { room, key, anna, ben };
}

/** Two people by a link: each sees and hears the other, and the lock says what was measured. */
async function meet(server, e2ee) {
  const { anna, ben, key } = await pair(server, e2ee);
  await Promise.all([anna.seesHue('Ben', BEN.hue), ben.seesHue('Anna', ANNA.hue)]);
  await Promise.all([anna.hears(BEN.frequency), ben.hears(ANNA.frequency)]);
  if (key) check(!anna.page.url().includes('#'), 'the key is in the address bar');
  await until('the pill', async () => (await anna.pill()) === (e2ee ? 'encrypted' : 'off'));
  equal(await anna.lock('Ben'), e2ee ? 'encrypted' : null, 'the lock of Ben');

  await ben.control('microphone').click();
  await until('Anna hears nothing', async () => !(await anna.tone(BEN.frequency)));
  await ben.control('camera').click();
  await until('Anna sees no picture', async () => (await anna.picture('Ben')) === null);
  if (e2ee) await until('nothing is measured', async () => (await anna.lock('Ben')) === 'silent');
  await ben.control('camera').click();
  await ben.control('microphone').click();
  await anna.seesHue('Ben', BEN.hue);
  await anna.hears(BEN.frequency);

  await ben.control('leave').click();
  await until('Ben is gone', async () => (await anna.tile('Ben').count()) === 0);
  check(await ben.page.getByRole('heading', { name: 'You left' }).isVisible(), 'Ben is told that he left');
}

export const cases = (server) => [
  ['two people by a link: clear', 120, () => meet(server, false)],
  ['two people by a link: encrypted', 120, () => meet(server, true)],
];
