// SPDX-License-Identifier: Apache-2.0
// Pictures of the app, by a server of their own with data in a folder that goes away again:
//   BEDRUD=path/to/bedrud node screenshots.mjs FOLDER
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openApp } from './lib/app.mjs';
import { end } from './lib/browser.mjs';
import { Server } from './lib/server.mjs';
import { until } from './lib/tap.mjs';
import { Account, newKey, Visitor } from './lib/visitor.mjs';

const folder = resolve(process.argv[2] ?? 'screenshots');
/** Everything for a longer time than this has failed. */
const BOUND_MS = 280_000;

const SCREENS = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true },
};
const LOOKS = Object.entries(SCREENS).flatMap(([screen, options]) =>
  ['light', 'dark'].map((colorScheme) => ({ name: `${screen}-${colorScheme}`, options: { ...options, colorScheme } })),
);
const ROOMS = [
  ['quiet-harbor', { e2ee: true }],
  ['board', { e2ee: true, requireApproval: true }],
  ['family-fridays', { e2ee: true }],
  ['physics-year-nine', { e2ee: true, requireApproval: true }],
  ['town-hall', {}],
  ['front-desk', {}],
];
const PEOPLE = [
  ['Leila', { hue: 20, frequency: 500 }],
  ['Jonas', { hue: 215, frequency: 700 }],
  ['Yuki', { hue: 160, frequency: 900 }],
];

async function pictureOf(page, name) {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

async function pages(server, host, { name, options }) {
  const page = await openApp(server, '/', options);
  await page.getByRole('button', { name: 'Start a meeting' }).waitFor();
  if (options.viewport.width >= 1024) await page.getByRole('img', { name: /drawing of a meeting/ }).waitFor();
  await pictureOf(page, `home-${name}`);
  await page.goto(`${server.url}/e2ee`);
  await page.getByText('bytes', { exact: false }).first().waitFor();
  await page.getByText('Client B checks each frame').waitFor();
  await pictureOf(page, `e2ee-${name}`);
  await page.goto(`${server.url}/auth/login`);
  await page.getByLabel('Email').fill(host.email);
  await page.getByLabel('Password', { exact: true }).fill(host.password);
  await page.locator('form button[type=submit]').click();
  await page.getByRole('heading', { name: 'Quiet harbor' }).waitFor();
  await pictureOf(page, `dashboard-${name}`);
  await page.context().close();
}

/** The stage is dark in both looks. */
async function meeting(server, room, key, screen) {
  const visitors = [];
  for (const [name, devices] of PEOPLE) {
    const visitor = await Visitor.open(server, room, name, { key, ...devices, ...(name === 'Leila' && SCREENS[screen]) });
    await visitor.page.getByText('Ready to encrypt').waitFor();
    if (name === 'Leila') await pictureOf(visitor.page, `pre-join-${screen}`);
    await visitor.ask();
    await visitor.control('leave').waitFor();
    visitors.push(visitor);
  }
  const [leila] = visitors;
  for (const [name, { hue }] of PEOPLE.slice(1)) await leila.seesHue(name, hue);
  await until('all is measured', async () => (await leila.pill()) === 'encrypted');
  await pictureOf(leila.page, `meeting-${screen}`);
  await leila.page.keyboard.press('i');
  await leila.page.getByText('Read these aloud').waitFor();
  await pictureOf(leila.page, `security-${screen}`);
  for (const { page } of visitors) await page.context().close();
}

async function takeAll(server) {
  const host = await Account.register(server, 'Leila Rahimi');
  const rooms = {};
  for (const [name, { e2ee = false, requireApproval = false }] of ROOMS) {
    const settings = { allowChat: true, allowVideo: true, allowAudio: true, requireApproval, e2ee };
    rooms[name] = await host.post('/room/create', { name, isPublic: true, settings });
  }
  for (const look of LOOKS) await pages(server, host, look);
  for (const screen of Object.keys(SCREENS)) await meeting(server, rooms['quiet-harbor'], newKey(), screen);
}

const temporary = mkdtempSync(join(tmpdir(), 'pictures-'));
process.env.TMPDIR = temporary;
process.once('exit', () => rmSync(temporary, { recursive: true, force: true, maxRetries: 5 }));
mkdirSync(folder, { recursive: true });
const server = new Server({ own: true });

async function finish(code) {
  await end();
  await server.end();
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void finish(1));
setTimeout(() => {
  console.error(`not finished within ${BOUND_MS / 1000} s`);
  void finish(1);
}, BOUND_MS);
try {
  await server.start();
  await takeAll(server);
  console.log(`pictures are in ${folder}`);
  await finish(0);
} catch (error) {
  console.error(error);
  await finish(1);
}
