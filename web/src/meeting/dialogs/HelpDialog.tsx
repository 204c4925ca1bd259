// SPDX-License-Identifier: Apache-2.0
import { useTranslation } from 'react-i18next';
import { Dialog } from '../../ui';
import { prefer, usePreferences } from '../preferences';
import css from './Dialogs.module.css';

const KEYS = [
  ...['talk', 'microphone', 'camera', 'deafen', 'screen', 'hand', 'chat', 'people', 'invite', 'react', 'layout'],
  ...['fullScreen', 'speakLock', 'pin', 'page', 'arrows', 'close', 'help'],
] as const;

const SHOWN: Record<string, string> = {
  ...{
    talk: 'Space',
    microphone: 'M',
    camera: 'V',
    deafen: 'D',
    screen: 'S',
    hand: 'H',
    chat: 'C',
    people: 'P',
    invite: 'I',
  },
  ...{
    react: 'R',
    layout: 'G',
    fullScreen: 'F',
    speakLock: 'L',
    pin: '1 – 9',
    page: 'Page ↑ ↓',
    arrows: '← → ↑ ↓',
    close: 'Esc',
    help: '?',
  },
};

export default function HelpDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('meeting');
  const { shortcuts } = usePreferences();
  return (
    <Dialog title={t('help.title')} onClose={onClose}>
      <dl className={css.keys}>
        {KEYS.map((one) => (
          <div key={one}>
            <dt>{t(`help.${one as 'talk'}`)}</dt>
            <dd>
              <kbd>{SHOWN[one]}</kbd>
            </dd>
          </div>
        ))}
      </dl>
      <label className={css.check}>
        <input
          type="checkbox"
          checked={shortcuts}
          onChange={(event) => prefer({ shortcuts: event.currentTarget.checked })}
        />
        {t('settings.shortcuts')}
      </label>
    </Dialog>
  );
}
