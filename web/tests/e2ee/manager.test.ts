// SPDX-License-Identifier: Apache-2.0
// The manager's account of who is in the room, with a room that says what livekit-client's says, and when.
import { EventEmitter } from 'node:events';
import { type Room, RoomEvent } from 'livekit-client';
import { afterEach, expect, it } from 'vitest';
import type { KeyClient } from '../../src/e2ee/client';
import { Manager } from '../../src/e2ee/manager';

const person = (identity: string) => ({ identity, attributes: {}, metadata: '', trackPublications: new Map(), on: () => undefined });

const room = Object.assign(new EventEmitter(), { localParticipant: person('ben'), remoteParticipants: new Map() });
const told: string[][] = [];
const keys = {
  key: { status: 'ready' },
  life: 'alive',
  listen: () => () => undefined,
  watch: () => () => undefined,
  notify: () => undefined,
  people: (people: { identity: string }[]) => told.push(people.map(({ identity }) => identity)),
};
const manager = new Manager({ keys: keys as unknown as KeyClient, path: 'script', nowMs: () => 0 });

afterEach(() => manager.dispose());

it('tells the worker of somebody who came while we were connecting', () => {
  manager.setup(room as unknown as Room);
  room.emit(RoomEvent.SignalConnected);
  expect(told).toEqual([['ben']]);
  // The SDK announces nobody before it is connected.
  room.remoteParticipants.set('anna', person('anna'));
  room.emit(RoomEvent.Connected);
  expect(told).toEqual([['ben'], ['ben', 'anna']]);
});
