// SPDX-License-Identifier: Apache-2.0
// Rooms where nobody is: filtered, in order; and what is said when there are none.
import { ChevronDown, DoorOpen, Plus, SearchX } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Room } from '../../api';
import { Button, Empty, Failed, Menu, MenuChoice, Segments, Skeletons } from '../../ui';
import { errorText } from '../errors';
import css from './DashboardPage.module.css';
import type { Filter, Order } from './order';
import { RoomCard } from './RoomCard';
import type { RoomAct } from './RoomMenu';
import type { Rooms } from './useRooms';

const FILTERS: readonly Filter[] = ['all', 'mine', 'encrypted'];
const ORDERS: readonly Order[] = ['active', 'name', 'newest'];

interface RoomListProps {
  rooms: Rooms;
  onOpen: (room: Room) => void;
  onAct: (room: Room) => (act: RoomAct) => void;
  onCreate: () => void;
}

function Tools({ rooms }: { rooms: Rooms }) {
  const { t } = useTranslation();
  const { wish, setWish } = rooms;
  return (
    <div className={css.tools}>
      <Segments
        label={t('rooms.filter.label')}
        value={wish.filter}
        options={FILTERS.map((value) => ({ value, text: t(`rooms.filter.${value}`) }))}
        onChange={(filter) => setWish({ filter })}
      />
      <Menu
        trigger={
          <button type="button" className={css.order}>
            <span className="said">{t('rooms.order.label')} </span>
            {t(`rooms.order.${wish.order}`)}
            <ChevronDown size={16} aria-hidden />
          </button>
        }
      >
        <MenuChoice
          label={t('rooms.order.label')}
          value={wish.order}
          options={ORDERS.map((value) => ({ value, text: t(`rooms.order.${value}`) }))}
          onChoose={(order) => setWish({ order })}
        />
      </Menu>
    </div>
  );
}

function Nothing({ rooms, onCreate }: Pick<RoomListProps, 'rooms' | 'onCreate'>) {
  const { t } = useTranslation();
  if (rooms.total > 0 && (rooms.wish.search || rooms.wish.filter !== 'all')) {
    return <Empty icon={SearchX} title={t('rooms.noneFound')} text={t('rooms.noneFoundText')} />;
  }
  if (rooms.live.length > 0) return null;
  return (
    <Empty
      icon={DoorOpen}
      title={t('rooms.none')}
      text={t('rooms.noneText')}
      action={
        <Button icon={Plus} onClick={onCreate}>
          {t('rooms.new')}
        </Button>
      }
    />
  );
}

export function RoomList({ rooms, onOpen, onAct, onCreate }: RoomListProps) {
  const { t } = useTranslation();
  const { state, idle } = rooms;
  return (
    <section className={css.section} aria-labelledby="yours">
      <div className={css.row}>
        <h2 id="yours" className={css.heading}>
          {t('rooms.yours')} {state.status === 'there' && <span>{idle.length}</span>}
        </h2>
        {rooms.total > 0 && <Tools rooms={rooms} />}
      </div>
      {state.status === 'failed' && <Failed text={errorText(t, state.error)} onRetry={rooms.reload} />}
      {state.status === 'there' && idle.length === 0 && <Nothing rooms={rooms} onCreate={onCreate} />}
      {(state.status === 'loading' || idle.length > 0) && (
        <div className={css.cards}>
          {state.status === 'loading' && <Skeletons count={3} className={css.place} />}
          {idle.map((room) => (
            <RoomCard
              key={room.id}
              room={room}
              isOwn={rooms.isOwn(room)}
              onOpen={() => onOpen(room)}
              onAct={onAct(room)}
            />
          ))}
        </div>
      )}
    </section>
  );
}
