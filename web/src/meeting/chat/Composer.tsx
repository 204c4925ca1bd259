// SPDX-License-Identifier: Apache-2.0
import { ChartBarBig, Paperclip, SendHorizontal } from 'lucide-react';
import { type ClipboardEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton, toast } from '../../ui';
import { useCall, useCallState } from '../call/useCall';
import css from './Chat.module.css';
import { FILE_LIMIT, sendFiles } from './files';
import { CHAT_LIMITS } from './payloads';
import { PollForm } from './PollForm';

export function Composer() {
  const { t } = useTranslation('meeting');
  const call = useCall();
  const { canWrite } = useCallState();
  const [text, setText] = useState('');
  const [makesPoll, setMakesPoll] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const files = useRef<HTMLInputElement>(null);

  useEffect(() => field.current?.focus({ preventScroll: true }), []);
  // As high as what is in it, up to some lines.
  useEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = 'auto';
    area.style.height = `${Math.min(area.scrollHeight, 160)}px`;
  }, [text]);

  if (!canWrite) return <p className={css.closed}>{t('chat.closed')}</p>;

  const send = (): void => {
    const message = text.trim();
    if (!message) return;
    setText('');
    void call.chat.write(message);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const attach = async (list: FileList | null): Promise<void> => {
    const all = [...(list ?? [])].slice(0, CHAT_LIMITS.attachments);
    if (all.length === 0) return;
    const message = text.trim();
    setText('');
    const size = FILE_LIMIT / 2 ** 20;
    if (!(await sendFiles(call, all, message))) toast(t('chat.tooLarge', { size }));
  };
  const onPaste = (event: ClipboardEvent): void => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    void attach(event.clipboardData.files);
  };

  if (makesPoll) return <PollForm onClose={() => setMakesPoll(false)} />;
  return (
    <form
      className={css.composer}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        value={text}
        dir="auto"
        maxLength={CHAT_LIMITS.message}
        aria-label={t('chat.field')}
        placeholder={t('chat.placeholder')}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKey}
        onPaste={onPaste}
      />
      <input
        ref={files}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          void attach(event.currentTarget.files);
          event.currentTarget.value = '';
        }}
      />
      <IconButton dense icon={Paperclip} label={t('chat.attach')} onClick={() => files.current?.click()} />
      <IconButton dense icon={ChartBarBig} label={t('chat.poll')} onClick={() => setMakesPoll(true)} />
      <IconButton
        dense
        type="submit"
        icon={SendHorizontal}
        label={t('chat.send')}
        className="flips"
        disabled={!text.trim()}
      />
    </form>
  );
}
