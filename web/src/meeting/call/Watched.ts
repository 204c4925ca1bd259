// SPDX-License-Identifier: Apache-2.0

/** A value that is replaced, and those who are told; the shape that useSyncExternalStore takes. */
export class Watched<State> {
  #state: State;
  #watchers = new Set<() => void>();

  constructor(first: State) {
    this.#state = first;
  }

  get state(): State {
    return this.#state;
  }

  getState = (): State => this.#state;

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  set(state: State): void {
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }
}
