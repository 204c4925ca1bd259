// SPDX-License-Identifier: Apache-2.0
// How names are shown.

/** Names that the server made, of letters without a meaning. */
const MADE = /^[a-z]{3}-[a-z]{4}-[a-z]{3}$/;

/** A room's name as a title: "night-shift" is Night shift. */
export function roomTitle(name: string): string {
  if (MADE.test(name)) return name;
  const words = name.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Two letters at most, for an avatar. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '');
  return letters.join('').toUpperCase();
}

export const HUES = 8;

/** Which of the avatars' colours belongs to somebody. */
export function hueOf(identity: string): number {
  let sum = 0;
  for (let i = 0; i < identity.length; i++) sum = (sum * 31 + identity.charCodeAt(i)) >>> 0;
  return sum % HUES;
}
