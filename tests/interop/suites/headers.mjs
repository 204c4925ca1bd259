// SPDX-License-Identifier: Apache-2.0
// What keeps a key within a page: the headers, the digests of its files, and what Chromium makes of them. And the page for
// links whose key reached the server after all.
import { createHash } from 'node:crypto';
import { openContext, openPage } from '../lib/browser.mjs';
import { check, equal, Skip, until } from '../lib/tap.mjs';

export { end } from '../lib/browser.mjs';

const CANARY = 'Q2hyb21pdW0tY2FuYXJ5LTAxMjM0NTY3ODlhYmNkZWY';

const WANTED = {
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
};

async function get(server, path) {
  const answer = await fetch(server.url + path, { redirect: 'manual' });
  if (path === '/test' && answer.status === 404) throw new Skip('this build contains no pages');
  return { answer, text: await answer.text() };
}

const tags = (html) => [...html.matchAll(/<(?:script|link)\b[^>]*>/g)].map(([tag]) => tag);
const attribute = (tag, name) => tag.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1];
const sha = (kind, bytes) => `${kind}-${createHash(kind).update(bytes).digest('base64')}`;

/** Each file that the page names, by a tag or in its import map, is what its digest says. */
async function digests(server) {
  const { answer, text } = await get(server, '/test');
  for (const [name, value] of Object.entries(WANTED)) equal(answer.headers.get(name), value, name);
  equal(answer.headers.get('cache-control'), 'no-store', 'cache-control');
  const policy = answer.headers.get('content-security-policy');
  check(!/unsafe|\*|https?:/.test(policy), `the policy is wide: ${policy}`);
  const files = new Map();
  for (const tag of tags(text)) {
    const file = attribute(tag, 'src') ?? attribute(tag, 'href');
    if (!file) continue;
    check(file.startsWith('/assets/'), `${tag} leads away`);
    files.set(file, attribute(tag, 'integrity'));
  }
  const [, map] = text.match(/<script type="importmap">(.*?)<\/script>/s);
  check(policy.includes(`'${sha('sha256', map)}'`), 'the policy does not know the import map');
  for (const [file, value] of Object.entries(JSON.parse(map).integrity)) files.set(file, value);
  check([...files.keys()].filter((file) => file.endsWith('.js')).length >= 1, 'the page has no script');
  for (const [file, value] of files) {
    const { answer: one, text: body } = await get(server, file);
    equal(one.status, 200, file);
    equal(sha('sha384', body), value, `the digest of ${file}`);
    for (const [name, wanted] of Object.entries(WANTED)) equal(one.headers.get(name), wanted, `${name} of ${file}`);
  }
}

/** A page that notes what its policy stopped. */
async function watched(server, before) {
  const context = await openContext();
  await before?.(context);
  const errors = [];
  context.on('console', (line) => line.type() === 'error' && errors.push(line.text()));
  const page = await openPage('about:blank', undefined, context);
  await page.addInitScript(() => {
    window.stopped = [];
    addEventListener('securitypolicyviolation', (event) => window.stopped.push(`${event.effectiveDirective} ${event.blockedURI}`));
  });
  await page.goto(`${server.url}/test#token=none`);
  return { page, errors };
}

const runs = (page) => page.evaluate(() => Boolean(window.connectionTest));

async function lives(server) {
  await get(server, '/test');
  const { page, errors } = await watched(server);
  await until('the page runs', () => runs(page));
  equal(await page.evaluate(() => [self.crossOriginIsolated, window.stopped]), [true, []], 'isolation, stopped things');
  // There is no icon.
  equal(errors.filter((line) => !/status of 404/.test(line)), [], 'errors on the console');
  equal(page.url(), `${server.url}/test`, 'the address');
  // A worker from a file of ours, and a WebSocket to ourselves.
  const socket = await page.evaluate(
    () => new Promise((done) => {
      const one = new WebSocket(location.origin.replace('http', 'ws') + '/rtc?access_token=none');
      one.onerror = one.onclose = () => done(window.stopped.length);
    }),
  );
  equal(socket, 0, 'WebSockets to this server that were stopped');
}

async function stops(server) {
  await get(server, '/test');
  const { page } = await watched(server);
  await until('the page runs', () => runs(page));
  await page.evaluate(async () => {
    const elsewhere = 'http://127.0.0.1:9/';
    await fetch(elsewhere).catch(() => {});
    try {
      new WebSocket('ws://127.0.0.1:9/');
    } catch {
      // Some versions throw.
    }
    navigator.sendBeacon(elsewhere, 'key');
    const image = new Image();
    image.src = `${elsewhere}key`;
    for (const text of ['window.inlineRan = true', '']) {
      const script = document.createElement('script');
      if (text) script.textContent = text;
      else script.src = `${elsewhere}x.js`;
      document.head.append(script);
    }
    const style = document.createElement('style');
    style.textContent = 'body { background: url(http://127.0.0.1:9/key) }';
    document.head.append(style);
    const frame = document.createElement('iframe');
    frame.src = elsewhere;
    document.body.append(frame);
    try {
      new Worker(URL.createObjectURL(new Blob(['self.x = 1'])));
    } catch {
      // As above.
    }
    // Later, since what the test itself evaluates is let through.
    setTimeout(() => {
      try {
        window.evalRan = new Function('return 1')();
      } catch {
        // As it should.
      }
    });
  });
  const wanted = ['connect-src', 'img-src', 'script-src-elem', 'style-src-elem', 'frame-src', 'worker-src', 'script-src'];
  const stopped = await until('all is stopped', async () => {
    const seen = await page.evaluate(() => window.stopped);
    const missing = wanted.filter((one) => !seen.some((it) => it.split(' ')[0] === one));
    if (missing.length) throw new Error(`not ${missing}, but ${seen}`);
    return seen;
  });
  equal(stopped.filter((one) => one.startsWith('connect-src')).length, 3, 'fetch, WebSocket and beacon');
  equal(await page.evaluate(() => [window.inlineRan, window.evalRan]), [null, null], 'code that is not ours');
}

/** A file that is changed on its way is not run, be it named by a tag or imported later. */
async function changed(server) {
  const { text } = await get(server, '/test');
  const map = JSON.parse(text.match(/<script type="importmap">(.*?)<\/script>/s)[1]);
  // The map names the files of all pages; these are those of this one.
  const asked = new Set();
  const whole = await watched(server, (context) => {
    context.on('request', (request) => asked.add(new URL(request.url()).pathname));
  });
  await until('the page runs', () => runs(whole.page));
  const files = Object.keys(map.integrity).filter((file) => asked.has(file));
  check(files.length > 1, `the page loads ${files.length} files that the map names`);
  for (const file of files) {
    const { page, errors } = await watched(server, (context) =>
      context.route(`**${file}`, async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ response: answer, body: `${await answer.text()}\n` });
      }),
    );
    await until(`${file} is refused`, () => errors.some((line) => /integrity/i.test(line)));
    check(!(await runs(page)), `the page runs with another ${file}`);
  }
}

async function altered(server) {
  const context = await openContext();
  const requests = [];
  context.on('request', (request) => requests.push(request.url()));
  const page = await openPage('about:blank', undefined, context);
  for (const path of [`/m/room%23key=${CANARY}`, `/m/room%2523key%253D${CANARY}`, `/test?key=${CANARY}`]) {
    requests.length = 0;
    const answer = await page.goto(server.url + path);
    equal(answer.status(), 400, path);
    equal(await page.textContent('h1'), 'This link was altered on its way', 'the title');
    check((await page.textContent('body')).includes('Treat it as exposed.'), 'the page says what it means');
    check(!(await page.content()).includes(CANARY), 'the page repeats the key');
    equal(requests.filter((url) => !url.endsWith('/favicon.ico')).length, 1, 'requests');
  }
  check(!server.log?.includes(CANARY.slice(0, 12)), 'the key is in the log');
  if (!server.foreign) check(server.log.includes('altered_link'), 'the log says nothing');
}

export const cases = (server) => [
  ['a page names the digests of its files', 20, () => digests(server)],
  ['the page lives under its policy', 30, () => lives(server)],
  ['what is not ours is stopped', 30, () => stops(server)],
  ['a script that was changed on its way does not run', 60, () => changed(server)],
  ['links whose key reached the server', 30, () => altered(server)],
];
