// SPDX-License-Identifier: Apache-2.0
// Which key does what. Letters are those printed on the key (`event.key`), so that they are where one reads them.

export const SHORTCUTS = {
  talk: ' ',
  microphone: 'm',
  camera: 'v',
  deafen: 'd',
  screen: 's',
  hand: 'h',
  chat: 'c',
  people: 'p',
  invite: 'i',
  react: 'r',
  layout: 'g',
  fullScreen: 'f',
  speakLock: 'l',
  help: '?',
} as const;

export type Shortcut = keyof typeof SHORTCUTS | 'previous' | 'next' | `pin${number}`;

interface KeyLike {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

const BY_KEY = new Map<string, Shortcut>(Object.entries(SHORTCUTS).map(([name, key]) => [key, name as Shortcut]));
BY_KEY.set('PageUp', 'previous').set('PageDown', 'next');

/** null: this key is the browser's, or nobody's. */
export function shortcutOf({ key, ctrlKey, metaKey, altKey }: KeyLike): Shortcut | null {
  if (ctrlKey || metaKey || altKey) return null;
  if (/^[1-9]$/.test(key)) return `pin${Number(key)}`;
  return BY_KEY.get(key.length === 1 ? key.toLowerCase() : key) ?? null;
}

/** Whoever types, or works a control with this very key, is left alone. */
export function isTaken(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest('input, textarea, select, [role="menu"], dialog')) return true;
  return key === ' ' && target.closest('button, a, [role="switch"], summary') !== null;
}
