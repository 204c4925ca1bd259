// SPDX-License-Identifier: Apache-2.0
// What somebody pasted or typed to join: a link of this server, one of another, or a room's name.

export type Invite =
  { kind: 'room'; name: string; hasKey: boolean } | { kind: 'elsewhere'; host: string } | { kind: 'nothing' };

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const PATH = /^\/(?:m|c)\/([^/]+)\/?$/;
const LONGEST = 4096;

export const isRoomName = (text: string): boolean => NAME.test(text) && text.length >= 3 && text.length <= 63;

/** As names are written: "Night shift" is night-shift. Empty when nothing of it can stand in a name. */
export const toRoomName = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f'’]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '');

function readUrl(text: string, host: string): URL | null {
  // Without a scheme: "meet.example/m/room#key=..." as people cut it.
  const whole = /^https?:\/\//i.test(text) ? text : text.startsWith('/') ? `https://${host}${text}` : `https://${text}`;
  return URL.canParse(whole) ? new URL(whole) : null;
}

export function readInvite(text: string, host: string): Invite {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > LONGEST) return { kind: 'nothing' };
  if (trimmed.includes('/')) {
    const url = readUrl(trimmed, host);
    const name = url?.pathname.match(PATH)?.[1]?.toLowerCase();
    if (!url || !name || !isRoomName(name)) return { kind: 'nothing' };
    return url.host === host
      ? { kind: 'room', name, hasKey: url.hash.length > 1 }
      : { kind: 'elsewhere', host: url.host };
  }
  const name = toRoomName(trimmed);
  return !trimmed.includes('#') && isRoomName(name) ? { kind: 'room', name, hasKey: false } : { kind: 'nothing' };
}
