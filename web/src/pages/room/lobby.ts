// SPDX-License-Identifier: Apache-2.0
// Waiting to be let in is asking again, for as long as the server says that nobody has decided.
import { codeOf } from '../../api';

export const ASK_AGAIN_MS = 3000;

const PENDING: readonly string[] = ['approval_pending'];

interface Waiting {
  /** Told once, when there is something to wait for. */
  onWait: () => void;
  signal: AbortSignal;
  sleep?: (ms: number) => Promise<void>;
}

const sleepFor = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** What `ask` gives when it is let in; null: given up. Rejects with every other answer. */
export async function askUntilLetIn<T>(
  ask: () => Promise<T>,
  { onWait, signal, sleep = sleepFor }: Waiting,
): Promise<T | null> {
  let isWaiting = false;
  while (!signal.aborted) {
    try {
      const answer = await ask();
      return signal.aborted ? null : answer;
    } catch (error) {
      const isPending = PENDING.includes(codeOf(error));
      // Whoever waits already stays where they are while the network is gone for a moment.
      if (!isPending && !(isWaiting && codeOf(error) === 'network')) throw error;
    }
    if (!isWaiting && !signal.aborted) onWait();
    isWaiting = true;
    await sleep(ASK_AGAIN_MS);
  }
  return null;
}
