// SPDX-License-Identifier: Apache-2.0
// Small test tools: numbered results in TAP, waiting with a bound, and the numbers that results are judged by.
import { AsyncLocalStorage } from 'node:async_hooks';

export class Skip extends Error {}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export function check(condition, message) {
  if (!condition) throw new Error(message);
}

export function equal(seen, wanted, what) {
  const [a, b] = [JSON.stringify(seen), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
}

/** Rejects when `promise` takes longer than `ms`. */
export async function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks `probe` again and again until it gives something true, and returns that. */
export async function until(what, probe, ms = 15000) {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      const seen = await probe();
      if (seen) return seen;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      throw new Error(`${what}: not within ${ms} ms${last ? ` (${last.message})` : ''}`);
    }
    await sleep(50);
  }
}

/** Rejections that a promise of `what` must show; returns the error. */
export async function refused(what, promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`${what}: was not refused (${JSON.stringify(value)?.slice(0, 100)})`);
}

/** What must be undone at the end of a test, last first. */
export class Cleanup {
  #steps = [];

  add(step) {
    this.#steps.push(step);
  }

  async run() {
    for (const step of this.#steps.reverse()) {
      try {
        await within(10000, 'clean-up', Promise.resolve(step()));
      } catch (error) {
        process.stderr.write(`# clean-up: ${error.message}\n`);
      }
    }
    this.#steps = [];
  }
}

const current = new AsyncLocalStorage();

/** Undone when the test that runs now has ended; outside of tests: never. */
export function afterwards(step) {
  current.getStore()?.add(step);
}

/** Runs the cases one by one; a text that one gives is reported. `only` keeps those whose name contains it. */
export async function runCases(prefix, cases, report, only) {
  for (const [name, seconds, body] of cases) {
    if (only && !name.includes(only)) continue;
    const cleanup = new Cleanup();
    const start = Date.now();
    try {
      const note = await current.run(cleanup, () => within(seconds * 1000, 'the test', body()));
      report(true, `${prefix}: ${name}`, Date.now() - start, undefined, note);
    } catch (error) {
      if (error instanceof Skip) report(true, `${prefix}: ${name} # skip ${error.message}`, 0);
      else report(false, `${prefix}: ${name}`, Date.now() - start, error);
    }
    await cleanup.run();
  }
}
