// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { changesOf } from '../../src/pages/admin/SettingsPage';

it('sends only what was changed, each in its own type', () => {
  const before = { serverName: 'a', guestLoginEnabled: true, registrationEnabled: false, maxRoomsPerUser: 10 };
  const form = new FormData();
  form.set('serverName', 'b');
  form.set('registrationEnabled', 'on');
  form.set('maxRoomsPerUser', '10');
  expect(changesOf(before, form)).toEqual({ serverName: 'b', guestLoginEnabled: false, registrationEnabled: true });
  form.set('maxRoomsPerUser', 'many');
  expect(changesOf(before, form)).not.toHaveProperty('maxRoomsPerUser');
});
