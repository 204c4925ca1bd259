// SPDX-License-Identifier: Apache-2.0
// What is pasted or typed to join, and where a sign-in leads.
import { describe, expect, it } from 'vitest';
import { nextPlace } from '../../src/pages/auth/validate';
import { readInvite, toRoomName } from '../../src/pages/home/invite';
import { initials, roomTitle } from '../../src/ui/names';

const HOST = 'meet.example:8443';
const KEY = `#key=${'A'.repeat(43)}`;

describe('an invite', () => {
  it.each([
    [`https://${HOST}/m/quiet-harbor${KEY}`, 'quiet-harbor', true],
    [`  https://${HOST}/c/Quiet-Harbor/ `, 'quiet-harbor', false],
    [`${HOST}/m/abc${KEY}`, 'abc', true],
    [`/m/abc${KEY}`, 'abc', true],
    [`https://${HOST}/m/abc?utm=1${KEY}`, 'abc', true],
    ['quiet-harbor', 'quiet-harbor', false],
    ['Quiet harbor', 'quiet-harbor', false],
    ['Café crème', 'cafe-creme', false],
  ])('%s', (text, name, hasKey) => expect(readInvite(text, HOST)).toEqual({ kind: 'room', name, hasKey }));

  it('of another server is told, and not taken for ours', () => {
    expect(readInvite(`https://other.example/m/abc${KEY}`, HOST)).toEqual({ kind: 'elsewhere', host: 'other.example' });
  });

  it.each([
    '',
    ' ',
    'ab',
    '???',
    `https://${HOST}/`,
    `https://${HOST}/m/`,
    `https://${HOST}/m/a%20b`,
    KEY,
    'x'.repeat(5000),
  ])('nothing: %s', (text) => expect(readInvite(text, HOST)).toEqual({ kind: 'nothing' }));
});

describe('names', () => {
  it('as they can stand in an address', () => {
    expect(toRoomName('  Year 9: physics! ')).toBe('year-9-physics');
    expect(toRoomName('Tomás’ room')).toBe('tomas-room');
    expect(toRoomName('…')).toBe('');
    expect(toRoomName('a'.repeat(62) + ' b')).toBe('a'.repeat(62));
  });

  it('as titles', () => {
    expect(roomTitle('night-shift-handover')).toBe('Night shift handover');
    expect(roomTitle('abc-defg-hij')).toBe('abc-defg-hij');
  });

  it('as two letters', () => {
    expect([initials('Leila Rahimi'), initials('ada'), initials(''), initials('J. R. R. Tolkien')]).toEqual([
      ...['LR', 'A', '', 'JT'],
    ]);
  });
});

describe('the place after signing in', () => {
  it.each([
    ['next=/m/abc', '/m/abc'],
    ['', '/dashboard'],
    ['next=https://evil.example', '/dashboard'],
    ['next=//evil.example', '/dashboard'],
    ['next=/\\evil.example', '/dashboard'],
    ['next=javascript:alert(1)', '/dashboard'],
  ])('%s', (search, place) => expect(nextPlace(search)).toBe(place));
});
