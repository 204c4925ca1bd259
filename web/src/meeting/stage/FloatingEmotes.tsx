// SPDX-License-Identifier: Apache-2.0
// Reactions rise at the side of the stage, each with the name of who sent it, so that they are never over a face.
import { useWatched, useCall, useCallState } from '../call/useCall';
import css from './Stage.module.css';

export function Emotes() {
  const { signals } = useCall();
  const { people } = useCallState();
  const { emotes } = useWatched(signals);
  return (
    <ul className={css.emotes} aria-live="polite">
      {emotes.slice(-6).map(({ id, identity, emoji }) => (
        <li key={id}>
          <span className={css.emoji}>{emoji}</span> {people.find((one) => one.identity === identity)?.name}
        </li>
      ))}
    </ul>
  );
}
