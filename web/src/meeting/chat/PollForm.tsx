// SPDX-License-Identifier: Apache-2.0
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, Field } from '../../ui';
import { useCall } from '../call/useCall';
import css from './Chat.module.css';
import { CHAT_LIMITS } from './payloads';

export function PollForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('meeting');
  const { t: app } = useTranslation();
  const { chat } = useCall();
  const [options, setOptions] = useState(['', '']);
  const [question, setQuestion] = useState('');
  const given = options.map((one) => one.trim()).filter(Boolean);
  const isReady = question.trim() !== '' && given.length >= 2;

  const change = (index: number, text: string): void => {
    const next = options.map((one, i) => (i === index ? text : one));
    // There is always an empty one to write in.
    if (next.at(-1) !== '' && next.length < CHAT_LIMITS.options) next.push('');
    setOptions(next);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!isReady) return;
    const poll = { question: question.trim(), options: given.map((text, i) => ({ id: String(i), text })) };
    void chat.write('', { poll });
    onClose();
  };
  return (
    <form className={css.pollForm} onSubmit={submit}>
      <Field
        label={t('poll.question')}
        value={question}
        maxLength={200}
        autoComplete="off"
        onChange={(event) => setQuestion(event.currentTarget.value)}
        // The form was asked for to write a question.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
      />
      {options.map((option, i) => (
        <Field
          key={i}
          quiet
          label={t('poll.option', { number: i + 1 })}
          placeholder={t('poll.option', { number: i + 1 })}
          value={option}
          maxLength={100}
          autoComplete="off"
          onChange={(event) => change(i, event.currentTarget.value)}
        />
      ))}
      <div className={css.formActs}>
        <Button look="quiet" size="dense" onClick={onClose}>
          {app('dialog.cancel')}
        </Button>
        <Button type="submit" look="primary" size="dense" disabled={!isReady}>
          {t('poll.ask')}
        </Button>
      </div>
    </form>
  );
}
