// SPDX-License-Identifier: Apache-2.0
// People on the server's own page in headless Firefox, driven by WebDriver BiDi over its WebSocket. One browser for a suite, a
// window context of its own for each person. Firefox finds no way to a server on the loopback interface, so run.mjs starts
// such a suite in a network namespace with a default route.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { Ours } from './ours.mjs';
import { afterwards, Skip, until, within } from './tap.mjs';

const PREFERENCES = {
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'remote.active-protocols': 1,
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  // Pages that nobody looks at go on as if somebody did.
  'media.suspend-background-video.enabled': false,
  'dom.min_background_timeout_value': 4,
  'dom.timeout.enable_budget_timer_throttling': false,
};

let running;

/** One WebSocket, one session: commands with answers, and events. */
class Session {
  #socket;
  #waiting = new Map();
  #next = 1;
  onEvent = () => {};

  static async open(url, script) {
    const session = new Session();
    session.#socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 2 ** 28 });
    session.#socket.on('message', (text) => session.#hear(JSON.parse(text)));
    await new Promise((done, fail) => session.#socket.once('open', done).once('error', fail));
    session.#socket.on('close', () => session.#waiting.forEach(({ fail }) => fail(new Error('Firefox is gone'))));
    await session.send('session.new', { capabilities: {} });
    return session;
  }

  #hear({ id, type, result, method, params, message }) {
    if (method) this.onEvent(method, params);
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (type === 'success') waiting?.done(result);
    else if (type === 'error') waiting?.fail(new Error(message));
  }

  send(method, params) {
    const id = this.#next++;
    const answer = new Promise((done, fail) => this.#waiting.set(id, { done, fail }));
    this.#socket.send(JSON.stringify({ id, method, params }));
    return answer;
  }

  close() {
    this.#socket.close();
  }
}

/** Firefox runs no audio graph without a sound device: this one swallows what it is given. */
async function startSound(folder) {
  const socket = join(folder, 'sound');
  const script = join(folder, 'sound.pa');
  writeFileSync(script, `load-module module-null-sink\nload-module module-native-protocol-unix socket=${socket} auth-anonymous=1\n`);
  const env = { PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: folder };
  const child = spawn('pulseaudio', ['-n', '--daemonize=no', '--exit-idle-time=-1', '-F', script], { env, stdio: 'ignore' });
  child.once('error', () => {});
  await until('the sound device', () => existsSync(socket), 20000);
  return { child, address: `unix:${socket}` };
}

async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'firefox-'));
  const sound = await startSound(folder);
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
  writeFileSync(join(folder, 'user.js'), lines.join('\n'));
  const program = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
  const args = ['--headless', '--no-remote', '--profile', folder, '--remote-debugging-port', '0'];
  const env = { ...process.env, HOME: folder, PULSE_SERVER: sound.address, MOZ_CRASHREPORTER_DISABLE: '1' };
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => (said += text));
  child.once('error', (error) => (said += error.message));
  const url = await until('Firefox listens', () => said.match(/BiDi listening on (ws:\S+)/)?.[1], 60000);
  const session = await Session.open(`${url}/session`);
  await session.send('session.subscribe', { events: ['log.entryAdded'] });
  session.onEvent = (_name, { level, text }) => {
    if (process.env.VERBOSE || level === 'error') process.stderr.write(`# page: ${text}\n`);
  };
  return { children: [child, sound.child], folder, session };
}

export async function end() {
  if (!running) return;
  const { children, folder, session } = await running;
  await within(5000, 'closing', session.send('browser.close', {})).catch(() => {});
  session.close();
  for (const child of children) await endProcess(child);
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** A plain value as text of a script; what is left out stays left out. */
function source(value) {
  if (value === undefined) return 'undefined';
  return Array.isArray(value) ? `[${value.map(source)}]` : JSON.stringify(value);
}

async function endProcess(child) {
  const isGone = () => child.exitCode !== null || child.signalCode !== null;
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    if (isGone()) return;
    child.kill(signal);
    await until('the end of a process', isGone, 5000).catch(() => {});
  }
}

/** What the tests ask of a page of playwright's, in a window of Firefox. */
class Page {
  #session;
  #context;

  static async open(url, script) {
    if (!process.env.MEDIA_IP) throw new Skip('there is no network namespace for Firefox');
    running ??= start();
    const { session } = await running;
    const page = new Page();
    page.#session = session;
    const { userContext } = await session.send('browser.createUserContext', {});
    ({ context: page.#context } = await session.send('browsingContext.create', { type: 'window', userContext }));
    afterwards(() => session.send('browser.removeUserContext', { userContext }));
    if (script) {
      const functionDeclaration = `() => { ${script} }`;
      await session.send('script.addPreloadScript', { functionDeclaration, contexts: [page.#context] });
    }
    await session.send('browsingContext.navigate', { context: page.#context, url, wait: 'complete' });
    return page;
  }

  /** A function with one plain argument, or text that is run. */
  async evaluate(what, argument) {
    const call = typeof what === 'function' ? `(${what})(${source(argument)})` : what;
    const expression = `(async () => JSON.stringify((await ${call.trim()}) ?? null))()`;
    const target = { context: this.#context };
    const answer = await this.#session.send('script.evaluate', { expression, target, awaitPromise: true, userActivation: true });
    if (answer.type === 'exception') throw new Error(answer.exceptionDetails.text);
    return JSON.parse(answer.result.value);
  }

  waitForFunction(what) {
    return until('the page is ready', () => this.evaluate(what), 20000);
  }

  async reload() {
    await this.#session.send('browsingContext.reload', { context: this.#context, wait: 'complete' });
  }

  locator(selector) {
    const all = `[...document.querySelectorAll(${JSON.stringify(selector)})]`;
    return {
      textContent: () => this.evaluate(`${all}[0]?.textContent ?? ''`),
      count: () => this.evaluate(`${all}.length`),
    };
  }
}

export class Firefox extends Ours {
  openPage(url, script) {
    return Page.open(url, script);
  }
}
