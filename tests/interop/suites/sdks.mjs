// SPDX-License-Identifier: Apache-2.0
// How other SDKs join, as docs/e2ee.md tells it: the examples are taken from there and run. Each is seen by a client of ours,
// which takes no message that is not encrypted, and is written back to.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openPage } from '../lib/browser.mjs';
import { Ours } from '../lib/ours.mjs';
import { KEY, makeRoom } from '../lib/pairs.mjs';
import { afterwards, check, equal, Skip, until } from '../lib/tap.mjs';
import { joinToken } from '../lib/tokens.mjs';

export { end } from '../lib/pairs.mjs';

const PYTHON = fileURLToPath(new URL('../../../build/python/bin/python', import.meta.url));
const page = readFileSync(new URL('../../../docs/e2ee.md', import.meta.url), 'utf8');

/** The code below a heading. */
function example(heading) {
  const [, code] = page.split(`\n### ${heading}\n`)[1]?.match(/^\n```\w+\n([\s\S]*?)\n```\n/) ?? [];
  check(code, `docs/e2ee.md has no example ${heading}`);
  check(code.split('\n').length <= 16, `the example ${heading} is longer than ten lines and what they stand in`);
  return code;
}

/** A program with its address, token and key in variables; gives what it has said so far. */
function program(command, args, env) {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  child.once('error', (error) => (said += error.message));
  afterwards(() => child.kill('SIGKILL'));
  return () => said;
}

/** The browser's example, with its packages where the tests' pages have them. */
async function inPage({ ADDRESS, TOKEN, KEY: key }) {
  const code = example('JavaScript')
    .replace("'livekit-client'", "'/livekit-client.mjs'")
    .replace("new URL('livekit-client/e2ee-worker', import.meta.url)", "'/e2ee-worker.mjs'");
  const lines = [];
  const tab = await openPage();
  tab.on('console', (line) => lines.push(line.text()));
  const call = `(async () => {
    const url = new URL('/', location).origin;
    const code = ${JSON.stringify(code)}.replaceAll("'/", "'" + url + '/');
    const { join } = await import(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
    await join(${JSON.stringify(ADDRESS)}, ${JSON.stringify(TOKEN)}, ${JSON.stringify(key)});
  })()`;
  void tab.evaluate(call).catch((error) => lines.push(error.message));
  return () => lines.join('\n');
}

const SDKS = {
  'JavaScript': inPage,
  'Node': (env) => program(process.execPath, ['--input-type=module', '-e', example('Node')], env),
  'Python': (env) => {
    if (!existsSync(PYTHON)) throw new Skip('there is no build/python; make setup-test could not install it');
    return program(PYTHON, ['-c', example('Python')], env);
  },
};

async function joins(server, name) {
  const room = await makeRoom(server, 'sdk', KEY);
  const anna = await Ours.join(server, room, 'anna', { key: KEY });
  const said = await SDKS[name]({ ADDRESS: server.wsUrl, TOKEN: await joinToken(room, 'guest'), KEY });
  await until(`"hello" of ${name}`, async () => (await anna.received()).length > 0, 30000).catch((error) => {
    throw new Error(`${error.message}; it said: ${said()}`);
  });
  const [{ from, text }] = await anna.received();
  equal([from, text], ['guest', 'hello'], 'what anna received');
  equal(await anna.refused(), { data: {} }, 'what anna refused');
  await anna.send('welcome');
  await until(`${name} prints what anna wrote`, () => said().includes('anna welcome')).catch((error) => {
    throw new Error(`${error.message}; it said: ${said()}`);
  });
}

export const cases = (server) => Object.keys(SDKS).map((name) => [`the example in ${name} joins`, 60, () => joins(server, name)]);
