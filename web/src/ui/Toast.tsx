// SPDX-License-Identifier: Apache-2.0
// A few words that go by themselves: something was done. Never for encryption; that stays until it is dealt with.
import { useSyncExternalStore } from 'react';
import css from './Toast.module.css';

interface Said {
  id: number;
  text: string;
}

const LASTS_MS = 6000;
const MOST = 3;

let said: readonly Said[] = [];
let next = 0;
const watchers = new Set<() => void>();

function set(list: readonly Said[]): void {
  said = list;
  for (const watcher of watchers) watcher();
}

/** From anywhere. */
export function toast(text: string): void {
  const id = next++;
  set([...said, { id, text }].slice(-MOST));
  setTimeout(() => set(said.filter((one) => one.id !== id)), LASTS_MS);
}

const watch = (watcher: () => void): (() => void) => {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
};

export function Toasts() {
  const list = useSyncExternalStore(watch, () => said);
  return (
    <div className={css.toasts} role="status">
      {list.map(({ id, text }) => (
        <p key={id} className={css.toast}>
          {text}
        </p>
      ))}
    </div>
  );
}
