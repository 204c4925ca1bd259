// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import { Trans, useTranslation } from 'react-i18next';
import { codeOf, createRoom, type Room } from '../../api';
import { useApi } from '../../app/services';
import { checkBrowser, type Surroundings } from '../../e2ee/gate';
import { Button, Dialog, Field, Notice } from '../../ui';
import { errorText } from '../errors';
import { isRoomName, toRoomName } from '../home/invite';
import { NEW_ROOM, RoomFields } from './RoomFields';
import css from './RoomFields.module.css';

interface CreateDialogProps {
  onClose: () => void;
  onCreated: (room: Room) => void;
}

export function CreateDialog({ onClose, onCreated }: CreateDialogProps) {
  const { t } = useTranslation();
  const api = useApi();
  const [canEncrypt] = useState(() => checkBrowser(globalThis as Surroundings).lacks.length === 0);
  const [values, setValues] = useState(() => ({ ...NEW_ROOM, chips: { ...NEW_ROOM.chips, e2ee: canEncrypt } }));
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [nameError, setNameError] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const name = toRoomName(text);

  const submit = async (): Promise<void> => {
    if (text.trim() && !isRoomName(name)) return setNameError(t('rooms.nameShort'));
    setBusy(true);
    setError(null);
    try {
      const { chips, ...rest } = values;
      onCreated(await createRoom(api, { ...rest, settings: chips, ...(name && { name }) }));
    } catch (reason) {
      const isAboutName = ['name_taken', 'invalid_name'].includes(codeOf(reason));
      (isAboutName ? setNameError : setError)(errorText(t, reason));
      setBusy(false);
    }
  };

  return (
    <Dialog
      title={t('rooms.new')}
      onClose={onClose}
      onSubmit={() => void submit()}
      busy={busy}
      actions={
        <>
          <Button look="quiet" onClick={onClose}>
            {t('dialog.cancel')}
          </Button>
          <Button type="submit" look="primary" busy={busy}>
            {t('rooms.create')}
          </Button>
        </>
      }
    >
      <Field
        className={css.name}
        label={t('rooms.name')}
        value={text}
        error={nameError}
        hint={
          <span className={css.address}>
            {name ? (
              <Trans
                i18nKey="rooms.address"
                values={{ host: location.host, name }}
                components={[<b key="0" />]}
                tOptions={{ interpolation: { escapeValue: false } }}
              />
            ) : (
              t('rooms.nameHint')
            )}
          </span>
        }
        onChange={(event) => {
          setText(event.currentTarget.value);
          setNameError(null);
        }}
        maxLength={80}
        autoComplete="off"
        data-first
      />
      <RoomFields values={values} onChange={setValues} cannot={!canEncrypt} />
      {error && (
        <Notice tone="blocked" alert>
          {error}
        </Notice>
      )}
    </Dialog>
  );
}
