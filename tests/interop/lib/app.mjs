// SPDX-License-Identifier: Apache-2.0
// The web app as a person uses it: its pages in Chromium, and what must hold on each of them.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { openContext } from './browser.mjs';
import { check, Skip } from './tap.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const PASSWORD = 'correct horse battery';

/** Skips when the program was built without pages. */
export async function needApp(server) {
  const page = await (await fetch(`${server.url}/`)).text();
  if (!page.includes('id="app"')) throw new Skip('this build contains no app');
}

/**
 * A page of the app in a context of its own, without motion: what moves in is looked at when it is there. What its policy
 * refused is kept in `page.refused`, its errors in `page.failures`.
 */
export async function openApp(server, path = '/', options = {}) {
  await needApp(server);
  const context = await openContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.refused = [];
  page.failures = [];
  page.on('pageerror', (error) => page.failures.push(error.message));
  page.on('console', (line) => /Content Security Policy|Refused to/.test(line.text()) && page.refused.push(line.text()));
  await page.goto(server.url + path);
  return page;
}

export async function signUp(page, server, name) {
  await page.goto(`${server.url}/auth/register`);
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Email').fill(`${name.toLowerCase().replaceAll(' ', '.')}@example.org`);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('heading', { name: 'Rooms', level: 1 }).waitFor();
}

/** Makes a room by the dialog; `chips` are pressed, each of which is a change from what it begins with. */
export async function createRoom(page, name, chips = []) {
  await page.getByRole('button', { name: 'New room' }).first().click();
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill(name);
  for (const chip of chips) await page.getByRole('switch', { name: chip }).click();
  await page.getByRole('button', { name: 'Create room' }).click();
  await page.getByRole('heading', { name, level: 3 }).waitFor();
}

/** What axe finds wrong, each with where. */
export async function complaints(page) {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
  });
}

/** Nothing for axe to complain of, nothing refused by the policy, nothing wider than the window. */
export async function checkPage(page, what) {
  const found = await complaints(page);
  check(found.length === 0, `${what}: ${found.join('; ')}`);
  check(page.refused.length === 0, `${what}: ${page.refused.join('; ')}`);
  check(page.failures.length === 0, `${what}: ${page.failures.join('; ')}`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(over <= 0, `${what}: ${over} pixels wider than the window`);
}
