// SPDX-License-Identifier: Apache-2.0
// The web app: a person's way from an empty server to a room, what stands in the way, and what holds on every page.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { checkPage, createRoom, openApp, PASSWORD, signUp } from '../lib/app.mjs';
import { KEY } from '../lib/pairs.mjs';
import { check, equal, until } from '../lib/tap.mjs';

export { end } from '../lib/browser.mjs';
export const options = { own: true };

const SHELL_BYTES = 160 * 1024;

/** What earlier cases leave behind, for one that is run by itself. */
async function prepare(server) {
  const post = async (path, body, token) => {
    const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
    return (await fetch(`${server.url}/api${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const account = { email: 'ada@example.org', password: PASSWORD, name: 'Ada' };
  await post('/auth/register', account);
  const { accessToken } = await post('/auth/login', account);
  await post('/room/create', { name: 'open-day', settings: { e2ee: true } }, accessToken);
  await post('/room/create', { name: 'town-hall' }, accessToken);
}

async function signIn(page, server, name) {
  await page.goto(`${server.url}/auth/login`);
  await page.getByLabel('Email').fill(`${name}@example.org`);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Rooms', level: 1 }).waitFor();
}

async function reachesARoom(server) {
  const page = await openApp(server);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'Create an account' }).click();
  await signUp(page, server, 'Ada');
  await page.getByText('Runs this server').waitFor();
  await createRoom(page, 'Quiet harbor');
  await page.getByText('Encrypted', { exact: true }).first().waitFor();
  await page.getByRole('button', { name: 'Start Quiet harbor' }).click();
  await page.getByText('Ready to encrypt. You have the key.').waitFor();
  equal(page.url(), `${server.url}/m/quiet-harbor`, 'the address');
  equal(await page.getByLabel('Your name in this meeting').inputValue(), 'Ada', 'the name of the account');
  // A reload has the key still, and the account.
  const digits = await page.locator('ol li').allInnerTexts();
  await page.reload();
  await page.getByText('Ready to encrypt. You have the key.').waitFor();
  equal(await page.locator('ol li').allInnerTexts(), digits, 'the fingerprint');
}

async function guestByLink(server) {
  const owner = await openApp(server);
  await signIn(owner, server, 'ada');
  await createRoom(owner, 'Open day');
  await owner.goto(server.url);
  await owner.getByLabel('Have an invite?').fill(`${server.url}/m/open-day#key=${KEY}`);
  await owner.getByRole('button', { name: 'Join' }).click();
  await owner.getByText('Ready to encrypt').waitFor();
  const guest = await openApp(server, `/m/open-day#key=${KEY}`);
  await guest.getByText('Ready to encrypt').waitFor();
  equal(guest.url(), `${server.url}/m/open-day`, 'the address, without the key');
  equal(await guest.locator('ol li').allInnerTexts(), await owner.locator('ol li').allInnerTexts(), 'the fingerprints');
  await guest.getByRole('button', { name: 'Join meeting' }).click();
  await guest.getByText('Enter a name').waitFor();
  await guest.getByLabel('Your name in this meeting').fill('Ben');
  await guest.getByRole('button', { name: 'Join meeting' }).click();
  await guest.getByRole('button', { name: 'Leave' }).first().waitFor();
  const late = await openApp(server, '/m/open-day');
  await late.getByText('Open day needs its key').waitFor();
  await late.getByText('One person is inside.').waitFor();
}

async function asksForKeys(server) {
  const page = await openApp(server, '/m/open-day');
  const link = page.getByLabel('Full invite link');
  await page.getByText('Open day needs its key').waitFor();
  await link.fill('something');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('neither a full link nor a key').waitFor();
  equal(await link.inputValue(), '', 'what was typed is not kept');
  await link.fill(`${server.url}/m/open-day#key=${KEY.slice(0, 20)}`);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('the end of this link is incomplete').waitFor();
  await link.fill(`${server.url}/m/open-day#key=${KEY}`);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('Ready to encrypt').waitFor();
  const damaged = await openApp(server, `/m/open-day#key=${KEY.slice(0, 42)}`);
  await damaged.getByText('This link is damaged').waitFor();
  equal(damaged.url(), `${server.url}/m/open-day`, 'the address of a damaged link');
}

async function stopsWhereTheServerDisagrees(server) {
  const owner = await openApp(server);
  await signIn(owner, server, 'ada');
  await createRoom(owner, 'Town hall', ['E2E']);
  await owner.getByText('Not encrypted', { exact: true }).first().waitFor();
  const page = await openApp(server, `/m/town-hall#key=${KEY}`);
  await page.getByText('Stopped: the server disagrees').waitFor();
  equal(await page.getByRole('button', { name: /join/i }).count(), 0, 'ways to join anyway');
}

async function encryptionStays(server) {
  const page = await openApp(server);
  await signIn(page, server, 'ada');
  await createRoom(page, 'Board');
  const open = async () => {
    await page.getByRole('button', { name: 'More about Board' }).click();
    await page.getByRole('menuitem', { name: 'Settings' }).click();
    await page.getByRole('heading', { name: 'Settings of Board' }).waitFor();
  };
  await open();
  await page.getByRole('switch', { name: 'Chat' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Settings saved').waitFor();
  await open();
  equal(await page.getByRole('switch', { name: 'E2E' }).getAttribute('aria-checked'), 'true', 'encryption after a change');
  equal(await page.getByRole('switch', { name: 'Chat' }).getAttribute('aria-checked'), 'false', 'chat after a change');
  await page.getByRole('switch', { name: 'E2E' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Turn off encryption?').waitFor();
  await page.getByRole('button', { name: 'Turn off encryption' }).click();
  const card = page.locator('article', { hasText: 'Board' });
  await card.getByText('Not encrypted').waitFor();
}

/** Sign in, make a room, start it: no mouse. */
async function byKeyboard(server) {
  await prepare(server);
  const page = await openApp(server, '/auth/login');
  const email = page.getByLabel('Email');
  await email.focus();
  await page.keyboard.type('ada@example.org');
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Rooms', level: 1 }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('no such room');
  await page.getByText('No room like this').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.type('Night shift');
  await page.keyboard.press('Enter');
  const card = page.locator('article', { hasText: 'Night shift' });
  await card.waitFor();
  await card.getByRole('button', { name: 'Start' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Night shift' }).waitFor();
}

const LOOKS = [
  { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { colorScheme: 'dark', viewport: { width: 360, height: 720 }, hasTouch: true },
  { colorScheme: 'light', viewport: { width: 320, height: 640 } },
];

const STRANGERS = [
  ['/', 'Start a meeting'],
  ['/auth/login', 'Sign in'],
  ['/auth/register', 'Create account'],
  ['/m/open-day', 'needs its key'],
  [`/m/town-hall`, 'Join meeting'],
  [`/m/open-day#key=${KEY}`, 'Ready to encrypt'],
  ['/m/no-such-room', 'There is no room'],
  ['/no/such/page', 'There is no such page'],
  ['/e2ee', 'The server passes on bytes that it cannot read'],
];

const OWN = [
  ['/dashboard', 'Your rooms'],
  ['/dashboard/archived', 'Nothing is archived'],
  ['/account', 'This device, now'],
  ['/dashboard/admin', 'people in meetings'],
  ['/dashboard/admin/users', 'ada@example.org'],
  ['/dashboard/admin/rooms', 'You cannot open it from here'],
  ['/dashboard/admin/invites', 'No invitations'],
  ['/dashboard/admin/settings', 'Name of this server'],
];

async function holdsEverywhere(server, look) {
  await prepare(server);
  for (const [path, words] of STRANGERS) {
    const page = await openApp(server, path, look);
    await page.getByText(words).first().waitFor();
    await checkPage(page, path);
    await page.context().close();
  }
  const page = await openApp(server, '/', look);
  await signIn(page, server, 'ada');
  for (const [path, words] of OWN) {
    await page.goto(server.url + path);
    await page.getByText(words).first().waitFor();
    await checkPage(page, path);
  }
  await page.goto(`${server.url}/dashboard`);
  await page.getByRole('button', { name: 'New room' }).first().click();
  await page.getByRole('dialog').waitFor();
  await checkPage(page, 'the dialog for a new room');
}

const readPersian = () => JSON.parse(readFileSync(new URL('../../../web/src/words/fa/app.json', import.meta.url), 'utf8'));

const startOf = async (place) => (await place.first().boundingBox()).x;

async function rootIs(page, lang, dir) {
  const root = () => page.evaluate(() => `${document.documentElement.lang} ${document.documentElement.dir}`);
  await until(`the page is ${lang} ${dir}`, async () => (await root()) === `${lang} ${dir}`);
}

/** By the browser's language; then in English, because the person says so. */
async function readsFromTheRight(server, look) {
  await prepare(server);
  const words = readPersian();
  const page = await openApp(server, '/', { locale: 'fa-IR', ...look });
  await page.getByRole('heading', { name: words.home.title }).waitFor();
  await rootIs(page, 'fa', 'rtl');
  const signIn = page.getByRole('link', { name: words.nav.signIn, exact: true });
  check((await startOf(signIn)) < (await startOf(page.getByRole('link', { name: 'bedrud' }))), 'the logo is at the right');
  await checkPage(page, 'the first page in Persian');
  await signIn.click();
  await page.getByLabel(words.auth.email).fill('ada@example.org');
  await page.getByLabel(words.auth.password, { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: words.auth.signIn }).click();
  await page.getByRole('heading', { name: words.rooms.yours }).waitFor();
  await rootIs(page, 'fa', 'rtl');
  const rooms = page.getByRole('link', { name: words.nav.rooms, exact: true });
  const title = page.getByRole('heading', { name: words.nav.rooms, level: 1 });
  if (look.viewport.width >= 1024) check((await startOf(rooms)) > (await startOf(title)), 'the navigation is at the right');
  await checkPage(page, 'the dashboard in Persian');
  await page.locator('nav button[aria-haspopup=menu]').click();
  await page.getByRole('menuitemradio', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Rooms', level: 1 }).waitFor();
  await rootIs(page, 'en', 'ltr');
  await page.reload();
  await page.getByRole('heading', { name: 'Rooms', level: 1 }).waitFor();
}

/** Somebody who is not signed in. */
async function choosesALanguage(server) {
  const page = await openApp(server);
  const files = [];
  page.on('request', (request) => files.push(request.url()));
  await page.getByLabel('Language').selectOption('fa');
  await page.getByRole('heading', { name: readPersian().home.title }).waitFor();
  await rootIs(page, 'fa', 'rtl');
  check(files.some((url) => url.endsWith('.js')), 'its words came when they were asked for');
  await page.reload();
  await page.getByRole('heading', { name: readPersian().home.title }).waitFor();
}

/** Scripts that the first page loads, as they are sent at most. */
async function isLight(server) {
  const page = await openApp(server);
  const scripts = [];
  page.on('request', (request) => request.url().endsWith('.js') && scripts.push(request.url()));
  await page.reload({ waitUntil: 'networkidle' });
  const read = async (url) => gzipSync(Buffer.from(await (await fetch(url)).arrayBuffer()), { level: 9 }).length;
  const sizes = await Promise.all([...new Set(scripts)].map(read));
  const sum = sizes.reduce((all, one) => all + one, 0);
  check(scripts.length > 1 && sum > 20_000, 'the scripts were seen');
  check(sum <= SHELL_BYTES, `${sum} bytes of scripts`);
  return `${Math.round(sum / 1024)} KB of scripts`;
}

export const cases = (server) => [
  ['from nothing to a room, encrypted', 60, () => reachesARoom(server)],
  ['a guest by link, the key pasted and in the address', 60, () => guestByLink(server)],
  ['a key that is missing or damaged', 60, () => asksForKeys(server)],
  ['a server that disagrees with the link', 60, () => stopsWhereTheServerDisagrees(server)],
  ['encryption stays on until it is turned off', 60, () => encryptionStays(server)],
  ['without a mouse', 60, () => byKeyboard(server)],
  ...LOOKS.map((look) => [
    `every page holds: ${look.colorScheme}, ${look.viewport.width} wide`,
    120,
    () => holdsEverywhere(server, look),
  ]),
  ...LOOKS.slice(0, 2).map((look) => [
    `from right to left: ${look.colorScheme}, ${look.viewport.width} wide`,
    60,
    () => readsFromTheRight(server, look),
  ]),
  ['a language is chosen without an account', 30, () => choosesALanguage(server)],
  ['the first page is light', 30, () => isLight(server)],
];
