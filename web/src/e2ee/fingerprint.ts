// SPDX-License-Identifier: Apache-2.0
// What people compare aloud to know that they have the same key: 40 bits derived from it, as four columns of 10 bits. The
// digits say all ten bits of a column, the emoji its upper six. The pictures were chosen to look and sound unlike each other.
import type { RoomKey } from './key';

const INFO = 'bedrud key fingerprint v1';

export interface Column {
  emoji: string;
  /** The emoji's English name; pages translate it. */
  name: string;
  /** 0000 to 1023. */
  digits: string;
}

/** Each entry is an emoji and its name; its place in the list is what it stands for, so the order never changes. */
export const EMOJI: readonly (readonly [string, string])[] = [
  ['🐶', 'dog'],
  ['🐱', 'cat'],
  ['🦁', 'lion'],
  ['🐴', 'horse'],
  ['🐘', 'elephant'],
  ['🐰', 'rabbit'],
  ['🐼', 'panda'],
  ['🐓', 'rooster'],
  ['🐧', 'penguin'],
  ['🐢', 'turtle'],
  ['🐟', 'fish'],
  ['🐙', 'octopus'],
  ['🦋', 'butterfly'],
  ['🐝', 'bee'],
  ['🕷️', 'spider'],
  ['🐍', 'snake'],
  ['🌵', 'cactus'],
  ['🌲', 'fir tree'],
  ['🍄', 'mushroom'],
  ['🌻', 'sunflower'],
  ['🍀', 'clover'],
  ['🌍', 'globe'],
  ['🌙', 'moon'],
  ['☀️', 'sun'],
  ['⭐', 'star'],
  ['🌈', 'rainbow'],
  ['⚡', 'lightning'],
  ['🔥', 'fire'],
  ['⛄', 'snowman'],
  ['🌊', 'wave'],
  ['🍎', 'apple'],
  ['🍌', 'banana'],
  ['🍇', 'grapes'],
  ['🍒', 'cherries'],
  ['🍕', 'pizza'],
  ['🎂', 'cake'],
  ['🌽', 'corn'],
  ['🥕', 'carrot'],
  ['🧀', 'cheese'],
  ['☕', 'coffee'],
  ['🚗', 'car'],
  ['🚲', 'bicycle'],
  ['🚂', 'train'],
  ['✈️', 'airplane'],
  ['🚀', 'rocket'],
  ['⛵', 'sailboat'],
  ['🏠', 'house'],
  ['🏰', 'castle'],
  ['⛺', 'tent'],
  ['🔑', 'key'],
  ['🔔', 'bell'],
  ['💡', 'light bulb'],
  ['📖', 'book'],
  ['✂️', 'scissors'],
  ['🔨', 'hammer'],
  ['⏰', 'alarm clock'],
  ['☂️', 'umbrella'],
  ['🎩', 'top hat'],
  ['👓', 'glasses'],
  ['🎸', 'guitar'],
  ['🥁', 'drum'],
  ['⚽', 'football'],
  ['🎈', 'balloon'],
  ['⚓', 'anchor'],
];

/** HKDF-SHA256 of the 32 bytes with an empty salt. */
export async function fingerprint(key: RoomKey): Promise<[Column, Column, Column, Column]> {
  const base = await crypto.subtle.importKey('raw', key, 'HKDF', false, ['deriveBits']);
  const info = new TextEncoder().encode(INFO);
  const bits = await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info }, base, 40);
  return columns(new Uint8Array(bits));
}

/** Cuts five bytes into columns, highest bits first. */
export function columns(bytes: Uint8Array): [Column, Column, Column, Column] {
  const column = (i: number): Column => {
    const value = ((((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)) >> (6 - 2 * i)) & 0x3ff;
    const [emoji, name] = EMOJI[value >> 4] as readonly [string, string];
    return { emoji, name, digits: String(value).padStart(4, '0') };
  };
  return [column(0), column(1), column(2), column(3)];
}
