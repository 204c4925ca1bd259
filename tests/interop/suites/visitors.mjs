// SPDX-License-Identifier: Apache-2.0
// The meeting in the web app: people come by a link, and see, hear and write to each other; pictures are judged by pixels,
// sounds by frequency.
import { readFileSync } from 'node:fs';
import { checkPage } from '../lib/app.mjs';
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

/** Messages, a vote, a reaction, a file and a raised hand arrive, from whom they are; what was not read is counted. */
async function write(server, e2ee) {
  const { anna, ben } = await pair(server, e2ee);
  await anna.control('chat').click();
  await anna.say('Here is **the plan** <img src=x onerror=alert(1)> https://example.org/plan');
  await until('one is unread', async () => (await ben.control('chat').getAttribute('aria-label')).includes('1 new'));
  await ben.control('chat').click();
  const message = ben.page.locator('ol li', { hasText: 'the plan' });
  equal(await message.locator('strong').textContent(), 'the plan', 'Markdown');
  equal(await message.locator('a').getAttribute('href'), 'https://example.org/plan', 'the link');
  equal(await message.locator('img').count(), 0, 'elements out of text');
  check((await message.textContent()).includes('Anna'), 'the sender');

  await ben.page.getByLabel('Make a poll').click();
  await ben.page.getByLabel('Question').fill('When?');
  await ben.page.getByPlaceholder('Answer 1').fill('Saturday');
  await ben.page.getByPlaceholder('Answer 2').fill('Sunday');
  await ben.page.getByRole('button', { name: 'Ask', exact: true }).click();
  await anna.page.getByRole('button', { name: /Sunday/ }).click();
  await ben.page.getByText('1 of 2 voted').waitFor();
  equal(await ben.page.getByRole('button', { name: /Sunday/ }).locator('b').textContent(), '1', 'votes');

  const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7) % 251));
  await anna.page.locator('input[type=file]').setInputFiles({ name: 'letter.bin', mimeType: 'application/x-thing', buffer: bytes });
  const save = ben.page.getByRole('link', { name: 'Save letter.bin' });
  await save.waitFor({ timeout: 20000 });
  const [download] = await Promise.all([ben.page.waitForEvent('download'), save.click()]);
  check(bytes.equals(readFileSync(await download.path())), 'the file is another');

  await ben.control('hand').click();
  await until('the hand', async () => (await anna.tile('Ben').first().getAttribute('aria-label')).includes('hand raised'));
  await ben.control('react').click();
  await ben.page.getByRole('menuitem', { name: /🎉/ }).click();
  await anna.page.getByText('🎉').waitFor();
}

/** Both read the same fingerprint; the code is hidden from those who see our screen; the copied link has the key. */
async function invite(server) {
  const { anna, ben, key } = await pair(server, true);
  const digits = async (visitor) => {
    await visitor.control('invite').click();
    const list = visitor.page.locator('ol[dir=ltr]');
    await list.waitFor();
    return (await list.textContent()).match(/\d{4}/g).join(' ');
  };
  equal(await digits(anna), await digits(ben), 'the fingerprint');
  equal(await anna.page.locator('canvas[role=img]').count(), 1, 'a code');
  check(!(await anna.page.content()).includes(key), 'the key is in the page');
  await anna.page.getByRole('button', { name: 'Copy link' }).click();
  await until('the link', async () => (await anna.page.evaluate(() => navigator.clipboard.readText())).endsWith(`#key=${key}`));
  await anna.control('screen').click();
  await anna.page.getByText('Hidden while you share').first().waitFor();
  equal(await anna.page.locator('canvas[role=img]').count(), 0, 'codes while sharing');
  await until('Ben sees the screen', async () => (await ben.picture('Anna', 'screen_share'))?.moves, 20000);
  await anna.control('screen').click();
  await until('no screen', async () => (await ben.page.locator('video[data-source="screen_share"]').count()) === 0);
}

/** Somebody with another key is named, neither seen nor heard; a new key leaves the old link behind. */
async function keys(server) {
  const owner = await account(server);
  const room = await owner.room({ e2ee: true });
  const key = newKey();
  const anna = await Visitor.in(server, room, owner.name, { key, account: owner, ...ANNA });
  const ben = await Visitor.in(server, room, 'Ben', { key, ...BEN });
  const eve = await Visitor.in(server, room, 'Eve', { key: newKey(), hue: 300, frequency: 1300 });
  await until('the wrong key', async () => (await anna.lock('Eve')) === 'wrong-key', 20000);
  await anna.page.locator('[data-banner="wrongKey"]', { hasText: 'Eve' }).waitFor();
  check(!(await anna.tone(1300)), 'Eve is heard');
  equal(await anna.picture('Eve'), null, 'the picture of Eve');
  await until('Eve is told', async () => (await eve.pill()) === 'differs', 20000);
  await eve.control('leave').click();

  await anna.control('invite').click();
  await anna.page.getByRole('button', { name: 'New key' }).click();
  await anna.page.getByRole('dialog').getByRole('button', { name: 'New key' }).click();
  await ben.page.locator('[data-banner="newKey"]').waitFor({ timeout: 20000 });
  await anna.seesHue('Ben', BEN.hue);
  await until('all is encrypted', async () => (await anna.pill()) === 'encrypted');
  const late = await Visitor.in(server, room, 'Late', { key, hue: 300, frequency: 1300 });
  await until('the old link', async () => ['old', 'differs', 'wrongKey'].includes((await late.pill()).split(' ')[0]), 20000);
  equal(await late.picture('Ben'), null, 'what the old link shows');
}

/** What a host does to somebody holds, and is told. */
async function moderate(server) {
  const owner = await account(server);
  const room = await owner.room({ e2ee: true });
  const key = newKey();
  const anna = await Visitor.in(server, room, owner.name, { key, account: owner, ...ANNA });
  const ben = await Visitor.in(server, room, 'Ben', { key, ...BEN });
  await anna.hears(BEN.frequency);
  await anna.control('people').click();
  const act = async (name) => {
    await anna.page.locator('[data-person]', { hasText: 'Ben' }).getByLabel('More about Ben').click();
    await anna.page.getByRole('menuitem', { name, exact: true }).click();
  };
  await act('Mute');
  await until('nothing is heard', async () => !(await anna.tone(BEN.frequency)));
  await until('Ben sees it', async () => (await ben.control('microphone').getAttribute('aria-pressed')) === 'false');
  await act('Ask to unmute');
  await ben.page.locator('[data-notice="microphone"]').getByRole('button', { name: 'Turn microphone on' }).click();
  await anna.hears(BEN.frequency);
  await act('Remove');
  await anna.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await ben.page.getByRole('heading', { name: /removed/i }).waitFor({ timeout: 20000 });
  await until('Ben is gone', async () => (await anna.tile('Ben').count()) === 0);
}

/** Who asks waits until the host lets them in, or not. */
async function lobby(server) {
  const owner = await account(server);
  const room = await owner.room({ e2ee: true, requireApproval: true });
  const key = newKey();
  const anna = await Visitor.in(server, room, owner.name, { key, account: owner, ...ANNA });
  const ben = await Visitor.open(server, room, 'Ben', { key, ...BEN });
  await ben.ask();
  await ben.page.getByText('Waiting to be let in.').waitFor();
  await anna.page.locator('[data-notice="lobby"]').getByRole('button').click();
  await anna.page.getByRole('button', { name: 'Let Ben in' }).click();
  await ben.inside();
  await ben.seesHue(owner.name, ANNA.hue);
  const eve = await Visitor.open(server, room, 'Eve', { key });
  await eve.ask();
  await anna.page.getByRole('button', { name: 'Decline Eve' }).click();
  await eve.page.getByRole('heading', { name: 'You were not let in' }).waitFor({ timeout: 20000 });
}

/** A host ends the meeting for all. */
async function endForAll(server) {
  const owner = await account(server);
  const room = await owner.room({ e2ee: false });
  const anna = await Visitor.in(server, room, owner.name, { account: owner, ...ANNA });
  const ben = await Visitor.in(server, room, 'Ben', BEN);
  await anna.tile('Ben').first().waitFor();
  await anna.control('leave').click();
  await anna.page.getByRole('button', { name: 'End for all' }).click();
  await ben.page.getByRole('heading', { name: /is over/i }).waitFor({ timeout: 20000 });
}

/** The page is loaded anew in the middle of an encrypted meeting: the tab still has the key. */
async function reload(server) {
  const { anna, ben } = await pair(server, true);
  await anna.seesHue('Ben', BEN.hue);
  await ben.page.reload();
  await ben.join();
  await Promise.all([anna.seesHue('Ben', BEN.hue), ben.seesHue('Anna', ANNA.hue)]);
  equal(await ben.lock('Anna'), 'encrypted', 'the lock of Anna');
}

/** The WebSocket is lost and another made: the meeting goes on, encrypted, and nobody is put out. */
async function reconnect(server) {
  const { anna, ben } = await pair(server, true);
  await Promise.all([anna.seesHue('Ben', BEN.hue), ben.seesHue('Anna', ANNA.hue)]);
  await ben.cut();
  await until('another WebSocket', () => ben.sockets === 2);
  equal(await ben.page.locator('[data-state="reconnecting"]').count(), 0, 'a veil while sound and picture go on');
  await until('Ben can say something', async () => {
    await ben.page.keyboard.press('h');
    return (await anna.tile('Ben').first().getAttribute('aria-label')).includes('hand raised');
  }, 30000);
  await Promise.all([anna.seesHue('Ben', BEN.hue), ben.seesHue('Anna', ANNA.hue)]);
  equal(await ben.lock('Anna'), 'encrypted', 'the lock of Anna');
}

/** Keys alone: talk, write, look, leave. */
async function keyboard(server) {
  const { anna, ben } = await pair(server, true);
  await anna.hears(BEN.frequency);
  const { keyboard: keys } = ben.page;
  await ben.page.locator('h1:visible').first().click();
  await keys.press('m');
  await until('Ben is muted', async () => !(await anna.tone(BEN.frequency)));
  await keys.down('Space');
  await anna.hears(BEN.frequency);
  await keys.up('Space');
  await until('Ben is muted again', async () => !(await anna.tone(BEN.frequency)));
  await keys.press('h');
  await until('the hand', async () => (await anna.tile('Ben').first().getAttribute('aria-label')).includes('hand raised'));
  await keys.press('c');
  await ben.page.getByLabel('Message everyone').waitFor();
  await keys.type('mvh without effect');
  await keys.press('Enter');
  await until('the message', async () => (await anna.control('chat').getAttribute('aria-label')).includes('1 new'));
  await keys.press('Escape');
  equal(await ben.page.getByLabel('Message everyone').count(), 0, 'the chat is closed');
  await keys.press('?');
  await ben.page.getByRole('dialog').waitFor();
  await keys.press('Escape');
}

/** On a phone, either way up: everything is within reach, and nothing runs out of the window. */
async function phone(server) {
  const small = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };
  const owner = await account(server);
  const other = await owner.room({ e2ee: false });
  const carl = await Visitor.in(server, other, 'Carl', { ...small, hue: 100, frequency: 600 });
  for (const viewport of [{ width: 360, height: 640 }, { width: 640, height: 360 }, { width: 320, height: 568 }]) {
    await carl.page.setViewportSize(viewport);
    for (const name of ['microphone', 'camera', 'chat', 'more', 'leave']) {
      const box = await carl.control(name).boundingBox();
      const { x, y, width, height } = box;
      const isInside = x >= 0 && y >= 0 && x + width <= viewport.width + 1 && y + height <= viewport.height + 1;
      check(isInside, `${name} at ${viewport.width}: ${JSON.stringify(box)}`);
      check(width >= 44 && height >= 44, `${name} at ${viewport.width} is ${width} × ${height}`);
    }
    const overflow = await carl.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    check(overflow <= 0, `${overflow} beyond a window of ${viewport.width}`);
  }
}

/** The meeting and all that opens in it, as axe and the pages' policy see it. */
async function access(server) {
  const { anna, ben } = await pair(server, true);
  await anna.seesHue('Ben', BEN.hue);
  await checkPage(anna.page, 'the meeting');
  await anna.control('chat').click();
  await ben.control('chat').click();
  await ben.say('Hello, see https://example.org');
  await anna.page.locator('ol li', { hasText: 'Hello' }).waitFor();
  await checkPage(anna.page, 'the chat');
  for (const panel of ['people', 'invite']) {
    await anna.control(panel).click();
    await anna.page.locator('aside h2').waitFor();
    await checkPage(anna.page, panel);
  }
  const open = async (name) => {
    await anna.control('more').click();
    await anna.page.getByRole('menuitem', { name }).click();
  };
  await open('Statistics');
  await anna.page.getByText('Round trip').waitFor();
  await checkPage(anna.page, 'statistics');
  for (const name of ['Settings', 'Keyboard shortcuts']) {
    await open(name);
    await anna.page.getByRole('dialog').waitFor();
    await checkPage(anna.page, name);
    await anna.page.keyboard.press('Escape');
  }
  await ben.control('screen').click();
  await until('the screen', async () => (await anna.picture('Ben', 'screen_share'))?.moves, 20000);
  await checkPage(anna.page, 'a shared screen');
}

export const cases = (server) => [
  ['two people by a link: clear', 120, () => meet(server, false)],
  ['two people by a link: encrypted', 120, () => meet(server, true)],
  ['chat, poll, file, hand, reaction: clear', 120, () => write(server, false)],
  ['chat, poll, file, hand, reaction: encrypted', 120, () => write(server, true)],
  ['invite, fingerprint and screen', 120, () => invite(server)],
  ['another key, and a new one', 180, () => keys(server)],
  ['moderation', 120, () => moderate(server)],
  ['the lobby', 120, () => lobby(server)],
  ['the end for all', 90, () => endForAll(server)],
  ['a reload', 120, () => reload(server)],
  ['a connection that is lost', 120, () => reconnect(server)],
  ['by keyboard', 120, () => keyboard(server)],
  ['on a phone', 120, () => phone(server)],
  ['for everybody', 120, () => access(server)],
];
