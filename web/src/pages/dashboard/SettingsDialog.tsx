// SPDX-License-Identifier: Apache-2.0
// Changes a room. Encryption that is on stays on unless it is turned off here, and that is asked once more.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { changeRoom, type Room } from '../../api';
import { useApi } from '../../app/services';
import { Button, Confirm, Dialog, Notice, roomTitle, toast } from '../../ui';
import { errorText } from '../errors';
import { RoomFields, type RoomValues } from './RoomFields';

interface SettingsDialogProps {
  room: Room;
  onClose: () => void;
  onChanged: (room: Room) => void;
}

function valuesOf({ isPublic, maxParticipants, settings }: Room): RoomValues {
  const { allowChat, allowVideo, allowAudio, requireApproval, e2ee } = settings;
  return { isPublic, maxParticipants, chips: { allowChat, allowVideo, allowAudio, requireApproval, e2ee } };
}

export function SettingsDialog({ room, onClose, onChanged }: SettingsDialogProps) {
  const { t } = useTranslation();
  const api = useApi();
  const [values, setValues] = useState(() => valuesOf(room));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [asks, setAsks] = useState(false);
  const inside = room.participantsCount ?? 0;
  const turnsOff = room.settings.e2ee && !values.chips.e2ee;

  const save = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const { chips, ...rest } = values;
      onChanged(await changeRoom(api, room.id, { ...rest, settings: chips, ...(turnsOff && { disableE2ee: true }) }));
      toast(t('rooms.saved'));
    } catch (reason) {
      setError(errorText(t, reason));
      setAsks(false);
      setBusy(false);
    }
  };

  if (asks) {
    return (
      <Confirm
        title={t('rooms.turnOffTitle')}
        action={t('rooms.turnOff')}
        danger
        busy={busy}
        onConfirm={() => void save()}
        onClose={() => setAsks(false)}
      >
        <p>{t('rooms.turnOffText', { room: roomTitle(room.name) })}</p>
        {inside > 0 && (
          <p>
            <strong>{t('rooms.turnOffInside', { count: inside })}</strong>
          </p>
        )}
      </Confirm>
    );
  }
  return (
    <Dialog
      title={t('rooms.settingsOf', { room: roomTitle(room.name) })}
      onClose={onClose}
      onSubmit={() => (turnsOff ? setAsks(true) : void save())}
      busy={busy}
      actions={
        <>
          <Button look="quiet" onClick={onClose}>
            {t('dialog.cancel')}
          </Button>
          <Button type="submit" look="primary" busy={busy}>
            {t('rooms.save')}
          </Button>
        </>
      }
    >
      <RoomFields values={values} onChange={setValues} sticky={room.settings.e2ee} />
      {error && (
        <Notice tone="blocked" alert>
          {error}
        </Notice>
      )}
    </Dialog>
  );
}
