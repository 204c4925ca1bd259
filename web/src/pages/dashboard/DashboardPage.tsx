// SPDX-License-Identifier: Apache-2.0
import { Plus, Radio } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { archiveRoom, type Room } from '../../api';
import { useApi } from '../../app/services';
import { Button, Confirm, roomTitle, SearchField, toast } from '../../ui';
import { errorText } from '../errors';
import { AppFrame } from '../frame/AppFrame';
import { PageHead } from '../frame/PageHead';
import { CreateDialog } from './CreateDialog';
import css from './DashboardPage.module.css';
import { LiveCard } from './RoomCard';
import { RoomList } from './RoomList';
import type { RoomAct } from './RoomMenu';
import { SettingsDialog } from './SettingsDialog';
import { useOpen } from './useOpen';
import { useRooms } from './useRooms';

type Doing = { act: RoomAct; room: Room } | { act: 'create' } | null;

function Rooms() {
  const { t } = useTranslation();
  const api = useApi();
  const rooms = useRooms();
  const open = useOpen();
  const [doing, setDoing] = useState<Doing>(null);
  const [busy, setBusy] = useState(false);
  const close = (): void => setDoing(null);

  const archive = async (room: Room): Promise<void> => {
    setBusy(true);
    try {
      await archiveRoom(api, room.id);
      rooms.remove(room.id);
      toast(t('rooms.archivedToast', { room: roomTitle(room.name) }));
      close();
    } catch (error) {
      toast(errorText(t, error));
    } finally {
      setBusy(false);
    }
  };
  const onAct = (room: Room) => (act: RoomAct) => setDoing({ act, room });

  return (
    <>
      <PageHead title={t('nav.rooms')}>
        <SearchField
          label={t('rooms.search')}
          value={rooms.wish.search}
          onChange={(search) => rooms.setWish({ search })}
        />
        <Button look="primary" icon={Plus} onClick={() => setDoing({ act: 'create' })}>
          {t('rooms.new')}
        </Button>
      </PageHead>
      {rooms.live.length > 0 && (
        <section className={css.section} aria-labelledby="live">
          <h2 id="live" className={css.heading}>
            <Radio size={16} aria-hidden className={css.live} />
            {t('rooms.live')} <span>{rooms.live.length}</span>
          </h2>
          <div className={css.pairs}>
            {rooms.live.map((room) => (
              <LiveCard
                key={room.id}
                room={room}
                isOwn={rooms.isOwn(room)}
                onOpen={() => open(room)}
                onAct={onAct(room)}
              />
            ))}
          </div>
        </section>
      )}
      <RoomList rooms={rooms} onOpen={open} onAct={onAct} onCreate={() => setDoing({ act: 'create' })} />
      {doing?.act === 'create' && (
        <CreateDialog
          onClose={close}
          onCreated={(room) => {
            close();
            rooms.put(room);
            toast(t('rooms.created', { room: roomTitle(room.name) }));
          }}
        />
      )}
      {doing?.act === 'settings' && (
        <SettingsDialog
          room={doing.room}
          onClose={close}
          onChanged={(room) => {
            close();
            rooms.put(room);
          }}
        />
      )}
      {doing?.act === 'archive' && (
        <Confirm
          title={t('rooms.archiveTitle', { room: roomTitle(doing.room.name) })}
          action={t('rooms.archive')}
          danger
          busy={busy}
          onConfirm={() => void archive(doing.room)}
          onClose={close}
        >
          <p>{t('rooms.archiveText')}</p>
        </Confirm>
      )}
    </>
  );
}

export default function DashboardPage() {
  return (
    <AppFrame>
      <Rooms />
    </AppFrame>
  );
}
