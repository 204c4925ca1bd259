// SPDX-License-Identifier: Apache-2.0
// Rooms in lists: found, filtered, ordered; days as people say them.
import { describe, expect, it } from 'vitest';
import type { Room } from '../../src/api';
import { arrange, matches } from '../../src/pages/dashboard/order';
import { dayText } from '../../src/pages/dates';

const settings = {
  ...{ allowChat: true, allowVideo: true, allowAudio: true, requireApproval: false },
  ...{ e2ee: false, isPersistent: false, recordingsAllowed: true },
};

function room(name: string, more: Partial<Room> & { e2ee?: boolean } = {}): Room {
  const { e2ee = false, ...rest } = more;
  return {
    ...{ id: name, name, createdBy: 'me', adminId: 'me', mode: 'standard', isActive: true, isPublic: true },
    ...{ maxParticipants: 0, createdAt: null, lastActivityAt: null, settings: { ...settings, e2ee } },
    ...rest,
  } as Room;
}

const rooms = [
  room('board', { lastActivityAt: '2026-11-03T08:00:00Z', createdAt: '2026-11-01T00:00:00Z', e2ee: true }),
  room('choir', { lastActivityAt: '2026-11-20T08:00:00Z', createdAt: '2026-01-01T00:00:00Z', createdBy: 'you' }),
  room('quiet-harbor', { participantsCount: 3, e2ee: true, createdBy: 'you' }),
];

const names = (list: Room[]): string[] => list.map(({ name }) => name);
const wish = { search: '', filter: 'all', order: 'active', user: 'me' } as const;

describe('rooms', () => {
  it('where somebody is come first, whatever the filter', () => {
    expect(names(arrange(rooms, { ...wish, filter: 'mine' }).live)).toEqual(['quiet-harbor']);
    expect(names(arrange(rooms, wish).idle)).toEqual(['choir', 'board']);
  });

  it('are filtered', () => {
    expect(names(arrange(rooms, { ...wish, filter: 'mine' }).idle)).toEqual(['board']);
    expect(names(arrange(rooms, { ...wish, filter: 'encrypted' }).idle)).toEqual(['board']);
  });

  it('are in order', () => {
    expect(names(arrange(rooms, { ...wish, order: 'name' }).idle)).toEqual(['board', 'choir']);
    expect(names(arrange(rooms, { ...wish, order: 'newest' }).idle)).toEqual(['board', 'choir']);
  });

  it('are searched by name or title, without accents', () => {
    expect(names(arrange(rooms, { ...wish, search: 'quiet h' }).live)).toEqual(['quiet-harbor']);
    expect(arrange(rooms, { ...wish, search: 'boárd' }).idle).toHaveLength(1);
    expect(matches(room('quiet-harbor'), 'harbor quiet')).toBe(true);
    expect(matches(room('quiet-harbor'), 'choir')).toBe(false);
  });
});

describe('days', () => {
  const now = new Date(2026, 10, 25, 9, 0);
  it.each([
    [new Date(2026, 10, 25, 1, 0), 'Today'],
    [new Date(2026, 10, 24, 23, 59), 'Yesterday'],
    [new Date(2026, 10, 22), 'Sunday'],
    [new Date(2026, 10, 12), '12 November'],
    [new Date(2025, 9, 28), '28 October 2025'],
  ])('%s', (date, text) => expect(dayText(date.toISOString(), 'en', now)).toBe(text));

  it('that are not known are not said', () => {
    expect([dayText(null, 'en'), dayText(undefined, 'en'), dayText('soon', 'en')]).toEqual(['', '', '']);
  });
});
