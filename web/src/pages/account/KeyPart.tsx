// SPDX-License-Identifier: Apache-2.0
// Rooms whose keys this browser remembers. They are listed and forgotten; nobody sees the keys.
import { KeyRound } from 'lucide-react';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { useKeys } from '../../app/services';
import { Button, Line, Lines, roomTitle, Section, toast } from '../../ui';
import { dayText } from '../dates';
import { useLoad } from '../useLoad';

export function KeyPart() {
  const { t, i18n } = useTranslation();
  const keys = useKeys();
  const load = useCallback(() => keys.remembered(), [keys]);
  const { state, set } = useLoad(load);
  const list = state.status === 'there' ? state.value : [];
  const forget = async (room: string): Promise<void> => {
    await keys.forget(room);
    set((rooms) => rooms.filter((one) => one.room !== room));
    toast(t('account.forgotten', { room: roomTitle(room) }));
  };
  return (
    <Section title={t('account.keys')} text={t('account.keysText')}>
      {list.length === 0 ? (
        <p className="ink2">{t('account.noKeys')}</p>
      ) : (
        <Lines>
          {list.map(({ room, savedMs }) => (
            <Line
              key={room}
              start={<KeyRound size={21} strokeWidth={1.75} aria-hidden />}
              title={roomTitle(room)}
              text={t('account.keySince', { day: dayText(new Date(savedMs).toISOString(), i18n.language) })}
              end={
                <Button size="dense" onClick={() => void forget(room)}>
                  {t('account.forget')}
                </Button>
              }
            />
          ))}
        </Lines>
      )}
    </Section>
  );
}
