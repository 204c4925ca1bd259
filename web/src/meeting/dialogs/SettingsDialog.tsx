// SPDX-License-Identifier: Apache-2.0
// Devices, what the browser does to the sound, how our own picture is shown. All of it works at once.
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog, Segments } from '../../ui';
import type { Processing } from '../call/Media';
import { useCall, useMedia } from '../call/useCall';
import { useDevices } from '../call/useDevices';
import { prefer, usePreferences } from '../preferences';
import { type SelfView, useUi } from '../useUi';
import css from './Dialogs.module.css';

interface SelectProps {
  label: string;
  value: string;
  devices: readonly MediaDeviceInfo[];
  onChange: (id: string) => void;
}

function DeviceSelect({ label, value, devices, onChange }: SelectProps) {
  const { t } = useTranslation('meeting');
  const id = useId();
  return (
    <div className={css.select}>
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value}
        disabled={devices.length === 0}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {devices.length === 0 && <option value="">{t('devices.none')}</option>}
        {devices.map(({ deviceId, label: text }, i) => (
          <option key={deviceId} value={deviceId}>
            {text || t('devices.unnamed', { number: i + 1 })}
          </option>
        ))}
      </select>
    </div>
  );
}

const PROCESSING = [
  'noiseSuppression',
  'echoCancellation',
  'autoGainControl',
] as const satisfies readonly (keyof Processing)[];
const SELF: readonly SelfView[] = ['auto', 'small', 'hidden'];

export default function SettingsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('meeting');
  const { media, audience } = useCall();
  const state = useMedia();
  const devices = useDevices();
  const { mirror, shortcuts } = usePreferences();
  const { selfView, set } = useUi();
  return (
    <Dialog title={t('settings.title')} onClose={onClose}>
      <div className={css.settings}>
        <DeviceSelect
          label={t('devices.microphone')}
          value={state.microphoneId}
          devices={devices.microphones}
          onChange={(id) => void media.use('audioinput', id)}
        />
        <DeviceSelect
          label={t('devices.speaker')}
          value={state.speakerId}
          devices={devices.speakers}
          onChange={(id) => {
            media.setSpeaker(id);
            void audience.setSpeaker(id);
          }}
        />
        <DeviceSelect
          label={t('devices.camera')}
          value={state.cameraId}
          devices={devices.cameras}
          onChange={(id) => void media.use('videoinput', id)}
        />
        <fieldset className={css.checks}>
          <legend>{t('settings.sound')}</legend>
          {PROCESSING.map((one) => (
            <label key={one} className={css.check}>
              <input
                type="checkbox"
                checked={state.processing[one]}
                onChange={(event) => void media.process({ [one]: event.currentTarget.checked })}
              />
              {t(`settings.${one}`)}
            </label>
          ))}
        </fieldset>
        <Segments
          field
          label={t('settings.self')}
          value={selfView}
          options={SELF.map((value) => ({ value, text: t(`settings.selfView.${value}`) }))}
          onChange={(value) => set({ selfView: value })}
        />
        <fieldset className={css.checks}>
          <legend>{t('settings.more')}</legend>
          <label className={css.check}>
            <input
              type="checkbox"
              checked={mirror}
              onChange={(event) => prefer({ mirror: event.currentTarget.checked })}
            />
            {t('settings.mirror')}
          </label>
          <label className={css.check}>
            <input
              type="checkbox"
              checked={shortcuts}
              onChange={(event) => prefer({ shortcuts: event.currentTarget.checked })}
            />
            {t('settings.shortcuts')}
          </label>
        </fieldset>
      </div>
    </Dialog>
  );
}
