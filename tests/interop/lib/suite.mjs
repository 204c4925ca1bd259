// SPDX-License-Identifier: Apache-2.0
// One suite in this process: starts its server, runs its cases, ends the server. Started by run.mjs.
import { Server } from './server.mjs';
import { runCases } from './tap.mjs';

const [name, only] = process.argv.slice(2);
const suite = await import(`../suites/${name}.mjs`);
const server = new Server(suite.options);

function report(passed, title, ms, error, note) {
  process.stdout.write(`${passed ? 'ok' : 'not ok'} - ${title}\n`);
  process.stdout.write(`# ${ms} ms${note ? `; ${note}` : ''}\n`);
  if (error) for (const line of String(error.stack ?? error).split('\n')) process.stdout.write(`#   ${line}\n`);
}

// A client that fails in the background must not take the other cases with it.
process.on('unhandledRejection', (error) => process.stderr.write(`# in the background: ${error?.message ?? error}\n`));

async function finish(code) {
  await suite.end?.();
  const status = await server.end();
  // SIGTERM must end the server cleanly, sanitizers included.
  if (status !== null && status !== 0) report(false, `${name}: the server ended with ${status}`, 0, server.log.slice(-4000));
  process.exit(code);
}

process.once('SIGTERM', () => void finish(1));

try {
  await server.start();
  await runCases(name, suite.cases(server), report, only || undefined);
  report(server.alive, `${name}: the server runs to the end`, 0, server.alive ? undefined : server.log.slice(-6000));
} catch (error) {
  report(false, `${name}: start`, 0, error);
}
await finish(0);
