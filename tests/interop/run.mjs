// SPDX-License-Identifier: Apache-2.0
// Runs suites one by one, each in a process of its own with a bound, and prints TAP.
//   BEDRUD=path/to/bedrud node run.mjs [GROUP or SUITE [PART-OF-A-CASE'S-NAME]]
// BEDRUD_PLAIN names a program without sanitizers, for the suite that measures memory. SERVER_URL names a running server
// to use instead; VERBOSE=1 shows what the server says.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Seconds: several times what an idle machine of two cores needs.
const GROUPS = {
  interop: { meeting: 400, reconnect: 600, people: 300, tracks: 400, data: 300, moderation: 400, tap: 300, page: 120, headers: 180, api: 60, webhooks: 240 },
  app: { app: 400, visitors: 900 },
  e2ee: { e2ee: 600, keys: 600, firefox: 900, sdks: 240 },
  hostile: { 'hostile-http': 300, 'hostile-sockets': 300, 'hostile-signal': 400, 'hostile-media': 300, memory: 420 },
};
const SUITES = Object.values(GROUPS).flatMap((group) => Object.entries(group));

const here = fileURLToPath(new URL('.', import.meta.url));
let count = 0;
let failed = 0;

/** What suites, servers and browsers make for themselves: gone with this process, whatever became of them. */
const temporary = mkdtempSync(join(tmpdir(), 'i-'));
process.env.TMPDIR = temporary;
let running = null;
process.once('exit', () => rmSync(temporary, { recursive: true, force: true, maxRetries: 5 }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    if (!running) process.exit(1);
    running.once('close', () => process.exit(1));
    running.kill('SIGTERM');
  });
}

function print(line) {
  const result = line.match(/^(not )?ok - (.*)$/);
  if (!result) {
    process.stdout.write(`${line}\n`);
    return;
  }
  count++;
  if (result[1]) failed++;
  process.stdout.write(`${result[1] ?? ''}ok ${count} - ${result[2]}\n`);
}

/**
 * Suites that need a way out that is not the loopback interface: they run in a network namespace with two ends of a wire and a
 * default route over it, which lead nowhere. Making one needs root; without it such a suite skips its cases.
 */
const APART = new Set(['firefox']);
const MEDIA_IP = '192.0.2.1';
const APART_COMMAND = [
  'ip link set lo up',
  'ip link add wire0 type veth peer name wire1',
  `ip addr add ${MEDIA_IP}/24 dev wire0`,
  'ip link set wire0 up',
  'ip link set wire1 up',
  'ip route add default via 192.0.2.254',
  'exec "$@"',
].join(' && ');

function commandOf(name, only) {
  const plain = [process.execPath, 'lib/suite.mjs', name, only ?? ''];
  if (!APART.has(name) || process.getuid() !== 0) return { command: plain, env: {} };
  return { command: ['unshare', '--net', 'sh', '-c', APART_COMMAND, 'sh', ...plain], env: { MEDIA_IP } };
}

/** Runs one suite; it is asked to end when its time is over, and made to 5 s later. */
function runSuite(name, seconds, only) {
  return new Promise((done) => {
    const { command, env } = commandOf(name, only);
    const child = spawn(command[0], command.slice(1), {
      cwd: here,
      stdio: ['ignore', 'pipe', 'inherit'],
      // Otherwise rtc-node tells the standard output what it does.
      env: process.env.VERBOSE ? { ...process.env, ...env } : { ...process.env, ...env, NODE_ENV: 'production' },
    });
    running = child;
    let rest = '';
    let late = false;
    child.stdout.on('data', (data) => {
      const lines = (rest + data).split('\n');
      rest = lines.pop();
      lines.forEach(print);
    });
    const ask = setTimeout(() => {
      late = true;
      child.kill('SIGTERM');
    }, seconds * 1000);
    const force = setTimeout(() => child.kill('SIGKILL'), seconds * 1000 + 8000);
    child.once('close', (code, signal) => {
      clearTimeout(ask);
      clearTimeout(force);
      running = null;
      if (rest) print(rest);
      if (late) print(`not ok - ${name}: stopped after ${seconds} s`);
      else if (code !== 0) print(`not ok - ${name}: ended with ${signal ?? code}`);
      done();
    });
  });
}

const [wanted, only] = process.argv.slice(2);
const chosen = SUITES.filter(([name]) => !wanted || name === wanted || (GROUPS[wanted] && name in GROUPS[wanted]));
if (chosen.length === 0) {
  process.stderr.write(`There is no suite ${wanted}; there are ${Object.keys(GROUPS)} and ${SUITES.map(([name]) => name)}.\n`);
  process.exit(2);
}
process.stdout.write('TAP version 13\n');
for (const [name, seconds] of chosen) await runSuite(name, seconds, only);
process.stdout.write(`1..${count}\n`);
process.exitCode = failed ? 1 : 0;
