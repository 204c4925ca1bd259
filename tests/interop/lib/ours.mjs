// SPDX-License-Identifier: Apache-2.0
// People on the server's own test page, with the encryption of this project. The page is driven like the client under test
// of browser.mjs, by the same functions, which are put into it as text: its policy lets no scripts in from elsewhere.
import { readFileSync } from 'node:fs';
import { Browser, openPage } from './browser.mjs';
import { check, equal, Skip, until, within } from './tap.mjs';
import { joinToken } from './tokens.mjs';

const text = (path) =>
  readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
    .replace(/^import .*$/gm, '')
    .replace(/^export (?=(const|class|function|async) )/gm, '');

const DRIVER = `(() => {
  ${['lib/brief.mjs', 'lib/signal-check.mjs', 'page/stand-ins.mjs', 'page/driver.mjs'].map(text).join('\n')}
  const test = window.connectionTest;
  window.meeting = {
    ...driver,
    join: (options) => test.join({ ...options, onRoom: (room) => drive(room, test.events, test.messages) }),
    leave: async () => {
      await driver.leave();
      await test.leave();
    },
  };
})()`;

export class Ours extends Browser {
  /**
   * @param options key: 43 characters, put behind '#' of the address; bits: 256; make: 128 or 256 for a new key; path:
   * 'streams' or 'script'; the rest as of Browser.join
   */
  static async join(server, roomName, identity, options = {}) {
    const ours = await this.open(server, roomName, identity, options);
    await ours.enter(options);
    return ours;
  }

  /** Opens the page, without joining. */
  static async open(server, roomName, identity, { key, bits, grants, token, script, context } = {}) {
    const ours = new this(identity);
    const url = `${server.url}/test`;
    if ((await fetch(url)).status === 404) throw new Skip('this build contains no pages');
    ours.token = await joinToken(roomName, identity, grants, token);
    const secret = key ? `&key=${key}${bits ? `&bits=${bits}` : ''}` : '';
    ours.page = await ours.openPage(`${url}#token=${ours.token}${secret}`, script, context);
    await ours.#prepare();
    return ours;
  }

  openPage(url, script, context) {
    return openPage(url, script, context);
  }

  async #prepare() {
    await this.page.waitForFunction(() => window.connectionTest !== undefined);
    await this.page.evaluate(DRIVER);
  }

  async enter({ make, path, url, auto = true, options } = {}) {
    const joined = this.call('join', { token: this.token, make, path, url, auto, room: options });
    await within(20000, `${this.identity} joins`, joined);
  }

  /** Joining must end with this reason of the page, before anything is published. */
  async stopped(why, options) {
    const error = await this.enter(options).then(
      () => null,
      (reason) => reason,
    );
    check(error?.message.includes(why), `${this.identity} is stopped by "${error?.message}" instead of "${why}"`);
  }

  async reload() {
    await this.page.reload();
    await this.#prepare();
  }

  key() {
    return this.page.evaluate(() => window.connectionTest.keys.key);
  }

  /** The key's characters, as the click on "copy link" gives them. */
  async keyText() {
    const link = await this.page.evaluate(() => window.connectionTest.keys.link(`${location.origin}/test`));
    return new URL(link).hash.slice('#key='.length);
  }

  health() {
    return this.page.evaluate(() => window.connectionTest.manager.health.getSnapshot());
  }

  /** What was refused between engine and room, and of data. */
  refused() {
    return this.page.evaluate(() => {
      const { refused, dataCounts } = window.connectionTest.manager;
      return { ...refused, data: dataCounts.refused };
    });
  }

  async stateOf(identity) {
    return (await this.health()).people.find((one) => one.identity === identity)?.state ?? null;
  }

  /** Waits until a person is shown in this state, and the page says it in these words. */
  async shows(identity, state, words, ms = 20000) {
    await until(`${this.identity} shows ${identity} as ${state}`, async () => (await this.stateOf(identity)) === state, ms).catch(
      async (error) => check(false, `${error.message}; it is ${JSON.stringify(await this.health())}`),
    );
    const shown = await this.page.locator(`[data-identity="${identity}"] .state`).textContent();
    check(shown.includes(words), `the page says "${shown}" instead of "${words}"`);
  }

  encrypted(identity, ms) {
    return this.shows(identity, 'encrypted', 'encrypted', ms);
  }

  rotate(people) {
    return this.page.evaluate((list) => window.connectionTest.manager.rotate(list), people);
  }

  /** How many elements play something of this person. */
  playing(identity) {
    return this.page.locator(`[data-identity="${identity}"] [data-sid]`).count();
  }

  async said(part) {
    return (await this.page.locator('body').textContent()).includes(part);
  }

  async epoch(epoch, ms) {
    await until(`${this.identity} has key ${epoch}`, async () => (await this.key()).epoch === epoch, ms);
    equal((await this.key()).old, false, 'old');
  }
}
