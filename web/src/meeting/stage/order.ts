// SPDX-License-Identifier: Apache-2.0
// Who stands on the first page when not all fit on it: those who came first, until somebody further back speaks for a while.
// Then they take the place of who was silent longest. Nobody else moves, and not often.

const SPEAKS_MS = 1500;
const SWAP_MS = 10_000;

export interface OrderFacts {
  /** In the order in which they came. */
  ids: readonly string[];
  /** How many the first page has. */
  places: number;
  speakers: ReadonlySet<string>;
  pinned: string | null;
  nowMs: number;
}

export class Order {
  #ids: string[] = [];
  /** Since when somebody speaks without a pause. */
  #since = new Map<string, number>();
  #spokeMs = new Map<string, number>();
  #swappedMs = -Infinity;

  update({ ids, places, speakers, pinned, nowMs }: OrderFacts): readonly string[] {
    const kept = this.#ids.filter((id) => ids.includes(id));
    this.#ids = [...kept, ...ids.filter((id) => !kept.includes(id))];
    for (const id of this.#since.keys()) if (!speakers.has(id)) this.#since.delete(id);
    for (const id of speakers) {
      if (!this.#since.has(id)) this.#since.set(id, nowMs);
      this.#spokeMs.set(id, nowMs);
    }
    if (nowMs - this.#swappedMs >= SWAP_MS) this.#swap(places, speakers, pinned, nowMs);
    return this.#ids;
  }

  #swap(places: number, speakers: ReadonlySet<string>, pinned: string | null, nowMs: number): void {
    const waits = (id: string): boolean => nowMs - (this.#since.get(id) ?? nowMs) >= SPEAKS_MS;
    const from = this.#ids.findIndex((id, at) => at >= places && waits(id));
    if (from < 0) return;
    const spokeMs = (id: string): number => this.#spokeMs.get(id) ?? -Infinity;
    const silent = this.#ids.slice(0, places).filter((id) => !speakers.has(id) && id !== pinned);
    // Of those who never spoke, who came last.
    const out = silent.reduceRight<string | null>(
      (best, id) => (best !== null && spokeMs(best) <= spokeMs(id) ? best : id),
      null,
    );
    if (out === null) return;
    const to = this.#ids.indexOf(out);
    [this.#ids[to], this.#ids[from]] = [this.#ids[from] as string, out];
    this.#ids = [...this.#ids];
    this.#swappedMs = nowMs;
  }
}
