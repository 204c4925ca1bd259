// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { Order } from '../../src/meeting/stage/order';

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];

function speak(
  order: Order,
  nowMs: number,
  speakers: readonly string[] = [],
  more: { ids?: readonly string[]; pinned?: string } = {},
) {
  const { ids = IDS, pinned = null } = more;
  return order.update({ ids, places: 3, speakers: new Set(speakers), pinned, nowMs }).join('');
}

it('keeps those who came first, until another speaks for a while', () => {
  const order = new Order();
  expect(speak(order, 0)).toBe('abcdef');
  speak(order, 1000, ['a']);
  expect(speak(order, 2000, ['e'])).toBe('abcdef');
  expect(speak(order, 3000, ['e'])).toBe('abcdef');
  expect(speak(order, 3600, ['e'])).toBe('abedcf');
});

it('swaps once in ten seconds, for one of those who were silent longest', () => {
  const order = new Order();
  speak(order, 0, ['a', 'b', 'c', 'e']);
  speak(order, 1000, ['a', 'c', 'e']);
  expect(speak(order, 1600, ['e', 'f'])).toBe('aecdbf');
  expect(speak(order, 5000, ['f'])).toBe('aecdbf');
  expect(speak(order, 12_000, ['f'])).toBe('aefdbc');
});

it('moves nobody who speaks or is pinned', () => {
  const order = new Order();
  speak(order, 0, ['e']);
  expect(speak(order, 2000, ['a', 'b', 'c', 'e'])).toBe('abcdef');
  expect(speak(order, 3000, ['a', 'b', 'e'], { pinned: 'c' })).toBe('abcdef');
});

it('a pause begins anew', () => {
  const order = new Order();
  speak(order, 0, ['e']);
  speak(order, 1000);
  expect(speak(order, 2000, ['e'])).toBe('abcdef');
});

it('takes in who comes and leaves out who goes', () => {
  const order = new Order();
  speak(order, 0, ['e']);
  expect(speak(order, 2000, ['e'])).toBe('abedcf');
  expect(speak(order, 3000, [], { ids: ['a', 'c', 'e', 'g'] })).toBe('aecg');
});
