// SPDX-License-Identifier: Apache-2.0
// Rooms that are over; each can be made again, as it was.
import { Archive } from 'lucide-react';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { createRoom, listArchived, type Room } from '../../api';
import { useApi } from '../../app/services';
import { Button, Empty, EncryptionBadge, Line, Lines, roomTitle, toast } from '../../ui';
import { dayText } from '../dates';
import { errorText } from '../errors';
import { AppFrame } from '../frame/AppFrame';
import { PageHead } from '../frame/PageHead';
import { Shown } from '../Shown';
import { useLoad } from '../useLoad';
import css from './DashboardPage.module.css';

function Archived() {
  const { t, i18n } = useTranslation();
  const api = useApi();
  const [, go] = useLocation();
  const [busy, setBusy] = useState<string | null>(null);
  const load = useCallback((signal: AbortSignal) => listArchived(api, signal), [api]);
  const { state, reload } = useLoad(load);

  const renew = async ({ id, name, isPublic, maxParticipants, settings }: Room): Promise<void> => {
    setBusy(id);
    try {
      await createRoom(api, { name, isPublic, maxParticipants, settings });
      toast(t('rooms.created', { room: roomTitle(name) }));
      go('/dashboard');
    } catch (error) {
      toast(errorText(t, error));
      setBusy(null);
    }
  };

  return (
    <>
      <PageHead title={t('nav.archived')} />
      <Shown state={state} place={css.place} onRetry={reload}>
        {(value) =>
          value.rooms.length === 0 ? (
            <Empty icon={Archive} title={t('archive.none')} text={t('archive.noneText')} />
          ) : (
            <Lines>
              {value.rooms.map((room) => (
                <Line
                  key={room.id}
                  title={roomTitle(room.name)}
                  text={t('archive.since', { day: dayText(room.deletedAt, i18n.language) })}
                  end={
                    <>
                      <EncryptionBadge e2ee={room.settings.e2ee} />
                      <Button size="dense" busy={busy === room.id} onClick={() => void renew(room)}>
                        {t('archive.renew')}
                      </Button>
                    </>
                  }
                />
              ))}
            </Lines>
          )
        }
      </Shown>
    </>
  );
}

export default function ArchivePage() {
  return (
    <AppFrame>
      <Archived />
    </AppFrame>
  );
}
