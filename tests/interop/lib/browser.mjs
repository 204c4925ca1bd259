// SPDX-License-Identifier: Apache-2.0
// People in a room by livekit-client in headless Chromium. One browser for a suite, a context for each person.
import { chromium } from 'playwright-core';
import { Client } from './client.mjs';
import { Pages } from './pages.mjs';
import { afterwards, until, within } from './tap.mjs';
import { joinToken } from './tokens.mjs';

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required'],
  ...['--disable-background-networking', '--disable-component-update'],
  // Pages of other contexts count as being in the background, where timers would be slowed down.
  ...['--disable-background-timer-throttling', '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows'],
];

let running;

/** The browser and the pages' server, started when they are first asked for. */
function start() {
  running ??= (async () => {
    const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
    return { browser, pages: await new Pages().start() };
  })();
  return running;
}

export async function end() {
  const { browser, pages } = (await running) ?? {};
  await browser?.close();
  pages?.end();
}

/** Cookies, storage and permissions of one person. */
export async function openContext(options = {}) {
  const { browser } = await start();
  const context = await browser.newContext({ permissions: ['camera', 'microphone'], ...options });
  afterwards(() => context.close());
  return context;
}

/** A page at `url` or at the client under test, in a context of its own unless one is given. */
export async function openPage(url, script, context) {
  const { pages } = await start();
  context ??= await openContext();
  const page = await context.newPage();
  page.on('pageerror', (error) => process.stderr.write(`# page: ${error.message}\n`));
  if (process.env.VERBOSE) page.on('console', (line) => process.stderr.write(`# page: ${line.text()}\n`));
  if (script) await page.addInitScript(script);
  await page.goto(url ?? pages.url);
  return page;
}

export class Browser extends Client {
  page;

  /** @param options as of Native.join; script: runs before those of the page; options: of the SDK's room */
  static async join(server, roomName, identity, { key, grants, token, auto = true, url = server.wsUrl, jwt, script, options, worker } = {}) {
    const browser = new Browser(identity);
    browser.page = await openPage(undefined, script);
    await browser.page.waitForFunction(() => window.meeting !== undefined);
    jwt ??= await joinToken(roomName, identity, grants, token);
    const joined = browser.call('join', { url, token: jwt, key, auto, options, worker });
    await within(20000, `${identity} joins`, joined);
    return browser;
  }

  /** Calls a function of the page. */
  call(name, ...args) {
    return this.page.evaluate(([f, list]) => window.meeting[f](...list), [name, args]);
  }

  view(identity) {
    return this.call('view', identity);
  }

  me() {
    return this.call('me');
  }

  events(since) {
    return this.call('events', since);
  }

  received() {
    return this.call('received');
  }

  forget() {
    return this.call('forget');
  }

  publishVideo(options = {}) {
    return within(20000, 'video is published', this.call('publishVideo', options));
  }

  publishTone(frequency, options) {
    return within(20000, 'audio is published', this.call('publishTone', frequency, options));
  }

  mute(source, on) {
    return within(20000, 'mute', this.call('mute', source, on));
  }

  unpublish(source) {
    return within(20000, 'unpublish', this.call('unpublish', source));
  }

  publishSilent(kind, name) {
    return within(20000, `${name} is published`, this.call('publishSilent', kind, name));
  }

  subscribe(identity, kind, on) {
    return this.call('subscribe', identity, kind, on);
  }

  watch(identity, ms, packets) {
    return this.call('watch', identity, ms, packets);
  }

  listen(identity, frequency, ms, packets) {
    return this.call('listen', identity, frequency, ms, packets);
  }

  stats(identity, kind) {
    return this.call('stats', identity, kind);
  }

  setQuality(identity, quality) {
    return this.call('setQuality', identity, quality);
  }

  send(text, options) {
    return within(20000, 'sending', this.call('send', text, options));
  }

  letters() {
    return this.call('letters');
  }

  sendText(text) {
    return within(20000, 'a text', this.call('sendText', text));
  }

  callEcho(identity, payload) {
    return within(20000, 'a call', this.call('callEcho', identity, payload));
  }

  changeDetails(details) {
    return within(15000, 'details', this.call('changeDetails', details));
  }

  simulate(scenario) {
    return within(20000, scenario, this.call('simulate', scenario));
  }

  connected(ms) {
    return until(`${this.identity} is connected`, async () => (await this.me()).state === 'connected', ms);
  }

  leave() {
    return within(10000, 'leaving', this.call('leave'));
  }
}
