// SPDX-License-Identifier: Apache-2.0
// What a person likes, kept on this device.
import { useSyncExternalStore } from 'react';

export interface Preferences {
  shortcuts: boolean;
  mirror: boolean;
}

const NAME = 'bedrud-meeting';
const PLAIN: Preferences = { shortcuts: true, mirror: true };

function read(): Preferences {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME) ?? '{}') as Record<string, unknown>;
    const on = (name: keyof Preferences): boolean => (typeof kept[name] === 'boolean' ? kept[name] : PLAIN[name]);
    return { shortcuts: on('shortcuts'), mirror: on('mirror') };
  } catch {
    return PLAIN;
  }
}

let now: Preferences | null = null;
const watchers = new Set<() => void>();

export const preferences = (): Preferences => (now ??= read());

export function prefer(change: Partial<Preferences>): void {
  now = { ...preferences(), ...change };
  localStorage.setItem(NAME, JSON.stringify(now));
  for (const watcher of watchers) watcher();
}

const watch = (watcher: () => void): (() => void) => {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
};

export const usePreferences = (): Preferences => useSyncExternalStore(watch, preferences);
