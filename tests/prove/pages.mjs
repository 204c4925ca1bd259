// SPDX-License-Identifier: Apache-2.0
// Builds of the page that differ from ours in one place: without one guard, or with one leak. The sources are copied, patched
// and built; a patch that does not fit exactly once is an error, so that a guard which moved is not forgotten.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const work = join(root, 'build/prove-blind');
export const ownPage = join(root, 'web/dist');

/** Runs a program to its end; gives its exit code and all that it said. */
export function run(command, args, { cwd = root, env = {} } = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
    child.once('error', fail);
    child.once('close', (code) => done({ code, said }));
  });
}

const NOT_SOURCES = new Set(['node_modules', 'dist']);

/** A copy of the browser client's sources with its packages, and of the vectors where its tests look for them. */
export function copyClient(name) {
  const folder = join(work, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'web'), { recursive: true });
  for (const part of readdirSync(join(root, 'web'))) {
    if (!NOT_SOURCES.has(part)) cpSync(join(root, 'web', part), join(folder, 'web', part), { recursive: true });
  }
  symlinkSync(join(root, 'web/node_modules'), join(folder, 'web/node_modules'));
  mkdirSync(join(folder, 'tests'));
  cpSync(join(root, 'tests/vectors'), join(folder, 'tests/vectors'), { recursive: true });
  return folder;
}

/** @param patches [file below web/src, what is there, what shall be there] */
export function patch(folder, patches) {
  for (const [file, from, to] of patches) {
    const path = join(folder, 'web/src', file);
    const text = readFileSync(path, 'utf8');
    const count = text.split(from).length - 1;
    if (count !== 1) throw new Error(`${file}: what the patch replaces is there ${count} times: ${from}`);
    writeFileSync(path, text.replace(from, () => to));
  }
}

/** The page under test alone, without the rest of the app. */
const ONE_PAGE = `import config from './vite.config.ts';
config.build.rollupOptions.input = { test: 'test.html' };
export default config;
`;

/** The folder of a page that was built with these patches. */
export async function buildPage(name, patches) {
  const folder = copyClient(`page-${name}`);
  patch(folder, patches);
  writeFileSync(join(folder, 'web/page.config.mjs'), ONE_PAGE);
  const vite = ['node_modules/vite/bin/vite.js', 'build', '--config', 'page.config.mjs', '--logLevel', 'warn'];
  const { code, said } = await run(process.execPath, vite, { cwd: join(folder, 'web') });
  const page = join(folder, 'web/dist');
  if (code !== 0 || !existsSync(join(page, 'test.html'))) throw new Error(`the page ${name} does not build: ${said}`);
  return page;
}
