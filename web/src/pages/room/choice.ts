// SPDX-License-Identifier: Apache-2.0
// What somebody chose the last time, on this device.
import type { MediaChoice } from '../../meeting/handoff';

interface Kept extends MediaChoice {
  name: string;
}

const NAME = 'bedrud-choice';
const FIRST: Kept = { name: '', microphone: true, camera: true };

export function readChoice(storage: Pick<Storage, 'getItem'> = localStorage): Kept {
  try {
    const kept: unknown = JSON.parse(storage.getItem(NAME) ?? '{}');
    return typeof kept === 'object' && kept !== null ? { ...FIRST, ...kept } : FIRST;
  } catch {
    return FIRST;
  }
}

export function keepChoice(change: Partial<Kept>, storage: Pick<Storage, 'getItem' | 'setItem'> = localStorage): void {
  storage.setItem(NAME, JSON.stringify({ ...readChoice(storage), ...change }));
}
