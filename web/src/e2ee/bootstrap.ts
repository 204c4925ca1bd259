// SPDX-License-Identifier: Apache-2.0
// The first script of every page. What stands behind '#' is the key to a meeting: it is taken out of the address bar and out
// of this history entry before anything else happens, and given to the key worker as bytes that are moved, not copied. After
// that no script of the page can find it.
//
// This module imports nothing that a page needs to look like something: a page's own script is loaded by `import()` after it.
import { KeyClient } from './client';

/** Takes the fragment away and returns it as bytes. */
function takeFragment(): ArrayBuffer {
  const bytes = new TextEncoder().encode(location.hash.replace(/^#/, ''));
  if (location.href.includes('#')) history.replaceState(history.state, '', location.pathname + location.search);
  return bytes.buffer;
}

interface Remembers {
  prototype: object;
}

/**
 * What else remembers the address a page was opened with, whatever its history says now: the timing of the navigation, and the
 * entry that activated the page. Both are read through a getter, which from now on leaves out what stands behind '#'.
 */
function hideFragment(scope: Record<string, unknown>): void {
  const cut = (text: unknown): unknown => (typeof text === 'string' ? text.split('#', 1)[0] : text);
  const replace = (name: string, property: string, make: (old: PropertyDescriptor) => PropertyDescriptor): void => {
    const prototype = (scope[name] as Remembers | undefined)?.prototype;
    const old = prototype && Object.getOwnPropertyDescriptor(prototype, property);
    if (old) Object.defineProperty(prototype, property, { ...make(old), configurable: false });
  };
  const getter = ({ get }: PropertyDescriptor): PropertyDescriptor => ({
    get(this: unknown) {
      return cut(get?.call(this));
    },
  });
  const json = ({ value }: PropertyDescriptor): PropertyDescriptor => ({
    value(this: unknown) {
      const plain = (value as () => { name?: unknown }).call(this);
      return { ...plain, name: cut(plain.name) };
    },
  });
  replace('PerformanceEntry', 'name', getter);
  replace('NavigationHistoryEntry', 'url', getter);
  for (const name of ['PerformanceEntry', 'PerformanceResourceTiming', 'PerformanceNavigationTiming']) replace(name, 'toJSON', json);
}

/**
 * Strips the address and starts the key worker with what was there. `others` are names that may stand beside the key, and
 * whose values the page is given back (`KeyClient.others`).
 */
export function bootstrap(others: readonly string[] = []): KeyClient {
  const fragment = takeFragment();
  hideFragment(globalThis as unknown as Record<string, unknown>);
  const keys = new KeyClient(() => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'keys' }));
  keys.giveFragment(fragment, others);
  // A link pasted into the address bar of a page that is open changes the fragment only; nothing is loaded anew.
  addEventListener('hashchange', () => keys.giveFragment(takeFragment(), others));
  return keys;
}
