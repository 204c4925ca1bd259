// SPDX-License-Identifier: Apache-2.0
// The connection test page that the server itself delivers: two tabs meet on it.
import { openPage } from '../lib/browser.mjs';
import { KEY, makeRoom, MODES } from '../lib/pairs.mjs';
import { check, equal, Skip, until } from '../lib/tap.mjs';
import { joinToken } from '../lib/tokens.mjs';

export { end } from '../lib/browser.mjs';

/** Opens the page as its printed address does, and joins by its buttons. */
async function open(server, room, identity, key) {
  const url = `${server.url}/test`;
  if ((await fetch(url)).status === 404) throw new Skip('this build contains no pages');
  const page = await openPage(`${url}#token=${await joinToken(room, identity)}`);
  if (key) {
    await page.check('#e2ee');
    await page.fill('#key', key);
  }
  await page.click('#go');
  await until('the page is connected', () => page.isVisible('#stage'), 20000);
  equal(page.url(), url, 'the address, without the token');
  for (const button of ['#mic', '#cam']) await page.click(button);
  return page;
}

/** Two looks at the picture of `identity`: whether it is there and moves. */
const moves = (page, identity) =>
  page.evaluate(async (who) => {
    const video = document.querySelector(`[data-identity="${who}"] video`);
    if (!video?.videoWidth) return false;
    const look = () => {
      const context = new OffscreenCanvas(64, 36).getContext('2d');
      context.drawImage(video, 0, 0, 64, 36);
      return context.getImageData(0, 0, 64, 36).data;
    };
    const before = look();
    await new Promise((done) => setTimeout(done, 400));
    const after = look();
    return before.some((value, i) => Math.abs(value - after[i]) > 24) && after.some((value, i) => i % 4 < 3 && value > 60);
  }, identity);

async function meet(server, key) {
  const room = await makeRoom(server, 'page', key);
  const a = await open(server, room, 'anna', key);
  const b = await open(server, room, 'ben', key);
  await until('ben sees anna', () => moves(b, 'anna'), 30000);
  await until('anna sees ben', () => moves(a, 'ben'), 30000);
  await a.fill('#text', 'hello ben');
  await a.press('#text', 'Enter');
  await until('the text', async () => (await b.textContent('#messages')).includes('hello ben'));
  await a.click('#leave');
  await until('anna is gone', async () => (await b.locator('[data-identity="anna"]').count()) === 0);
  check(await a.isVisible('#join'), 'anna may join again');
}

export const cases = (server) => MODES.map(([mode, key]) => [`two tabs meet: ${mode}`, 90, () => meet(server, key && KEY)]);
