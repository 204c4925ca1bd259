// SPDX-License-Identifier: Apache-2.0
// Builds frames.ts, runs it in a worker of headless Chromium, and prints a table.
//   node bench/run.mjs [--json]        needs the packages of tests/interop (playwright-core) and Chromium
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));
const require = createRequire(new URL('../../tests/interop/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const BOUND_MS = 120_000;

const built = await build({
  root: here,
  configFile: false,
  logLevel: 'warn',
  build: { write: false, target: 'es2022', lib: { entry: 'frames.ts', formats: ['es'], fileName: 'frames' } },
});
const script = [built].flat()[0].output[0].code;

// WebCrypto wants a secure place, which the loopback interface is; the two headers give finer clocks.
const server = createServer((request, response) => {
  const isScript = request.url === '/frames.js';
  response.writeHead(200, {
    'content-type': isScript ? 'text/javascript' : 'text/html',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  });
  response.end(isScript ? script : '<!doctype html><title>bench</title>');
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(BOUND_MS);
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const results = await page.evaluate(
    (bound) =>
      new Promise((done, failed) => {
        const results = [];
        const worker = new Worker('/frames.js', { type: 'module' });
        setTimeout(() => failed(new Error(`not done after ${bound} ms`)), bound);
        worker.onerror = (event) => failed(new Error(event.message));
        worker.onmessage = ({ data }) => {
          if (data === null) done(results);
          else if (data.error) failed(new Error(data.error));
          else results.push(data);
        };
        worker.postMessage('go');
      }),
    BOUND_MS,
  );
  if (process.argv.includes('--json')) console.log(JSON.stringify({ browser: browser.version(), results }, null, 1));
  else print(browser.version(), results);
} finally {
  await browser.close();
  server.close();
}

function print(version, results) {
  console.log(`Chromium ${version}; milliseconds a frame, least / median / 95th percentile of batches; ratio of the least; raw: WebCrypto on the same bytes\n`);
  console.log('| frame | bytes | seal | raw encrypt | ratio | open | raw decrypt | ratio |\n|---|---|---|---|---|---|---|---|');
  const ms = ({ least, median, p95 }) => [least, median, p95].map((value) => value.toFixed(3)).join(' / ');
  for (const { name, size, seal, encrypt, open, decrypt } of results) {
    const ratio = (a, b) => (a.least / b.least).toFixed(2);
    const columns = [name, size, ms(seal), ms(encrypt), ratio(seal, encrypt), ms(open), ms(decrypt), ratio(open, decrypt)];
    console.log(`| ${columns.join(' | ')} |`);
  }
}
