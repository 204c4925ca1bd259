// SPDX-License-Identifier: Apache-2.0
// An event of a room in a few plain words, the same for both SDKs, so that it can leave a page and be compared.

const KINDS = { 1: 'audio', 2: 'video' }; // rtc-node counts them

export const kindName = (kind) => KINDS[kind] ?? kind;

/** @returns {{name, who?, list?, track?, kind?, values?}} who: identity; list: identities; track: its sid */
export function brief(name, args) {
  const event = { name };
  for (const one of args) {
    const sid = one?.trackSid ?? one?.sid;
    if (Array.isArray(one)) event.list = one.map(({ identity }) => identity);
    else if (one?.identity !== undefined) event.who = one.identity;
    else if (typeof sid === 'string' && one.kind !== undefined) Object.assign(event, { track: sid, kind: kindName(one.kind) });
    else if (one === undefined || one === null || ['string', 'number', 'boolean'].includes(typeof one)) (event.values ??= []).push(one);
    else if (one instanceof Error) (event.values ??= []).push(one.message);
  }
  return event;
}
