// SPDX-License-Identifier: Apache-2.0
// Said to screen readers: who came and went, hands, messages, the state of the encryption. What must not wait is said at once by
// the banner, which is an alert.
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCall, useCallState, useHealth, useWatched } from './call/useCall';
import { useUi } from './useUi';

const BATCH_MS = 3000;

/** Sentences, those of three seconds together. */
function useBatch(): [string, (sentence: string) => void] {
  const [text, setText] = useState('');
  const waiting = useRef<string[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => () => void (timer.current && clearTimeout(timer.current)), []);
  const say = (sentence: string): void => {
    waiting.current.push(sentence);
    timer.current ??= setTimeout(() => {
      setText(waiting.current.splice(0).join(' '));
      timer.current = null;
    }, BATCH_MS);
  };
  return [text, say];
}

export function LiveRegions() {
  const { t } = useTranslation('meeting');
  const call = useCall();
  const { people } = useCallState();
  const { hands } = useWatched(call.signals);
  const { panel } = useUi();
  const health = useHealth();
  const [comings, say] = useBatch();
  const [chat, setChat] = useState('');
  const before = useRef<{ people: Map<string, string>; hands: readonly string[] } | null>(null);

  useEffect(() => {
    const now = new Map(people.filter(({ isLocal }) => !isLocal).map(({ identity, name }) => [identity, name]));
    const old = before.current;
    if (old) {
      for (const [identity, name] of now) if (!old.people.has(identity)) say(t('live.came', { name }));
      for (const [identity, name] of old.people) if (!now.has(identity)) say(t('live.left', { name }));
      for (const identity of hands)
        if (!old.hands.includes(identity)) say(t('live.hand', { name: call.nameOf(identity) }));
    }
    if (people.length > 0) before.current = { people: now, hands };
    // Only a change of these is worth a word.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [people, hands]);

  useEffect(
    () =>
      call.chat.onArrived(({ name, message }) => {
        if (panel !== 'chat') setChat(t('live.wrote', { name, message: message.slice(0, 200) }));
      }),
    [call, panel, t],
  );

  return (
    <>
      <div className="said" role="status" data-live="people">
        {comings}
      </div>
      <div className="said" role="status" data-live="chat">
        {chat}
      </div>
      <div className="said" role="status" data-live="encryption">
        {health?.state === 'encrypted' ? t('live.encrypted') : ''}
      </div>
    </>
  );
}
