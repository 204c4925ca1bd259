// SPDX-License-Identifier: Apache-2.0
import { Ellipsis, Pause, Play, Radio, ShieldCheck, Trash2 } from 'lucide-react';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useApi } from '../../app/services';
import {
  Avatar,
  Badge,
  classes,
  type Column,
  Confirm,
  Empty,
  IconButton,
  Menu,
  MenuItem,
  roomTitle,
  SearchField,
  Table,
  toast,
} from '../../ui';
import { dayText } from '../dates';
import { errorText } from '../errors';
import { PageHead } from '../frame/PageHead';
import { Shown } from '../Shown';
import { useLoad } from '../useLoad';
import css from './admin.module.css';
import { AdminFrame } from './AdminFrame';
import { type AdminRoom, deleteRoom, rooms, setSuspended } from './api';
import { Pages } from './Pages';
import { useSearchText } from './useSearch';

function useColumns(onAct: (room: AdminRoom, act: 'suspend' | 'reactivate' | 'delete') => void): Column<AdminRoom>[] {
  const { t, i18n } = useTranslation();
  return [
    {
      key: 'name',
      head: t('admin.room'),
      cell: ({ name }) => (
        <span className={css.name}>
          <b>{roomTitle(name)}</b>
          <span dir="ltr">/m/{name}</span>
        </span>
      ),
    },
    {
      key: 'owner',
      head: t('admin.owner'),
      cell: ({ createdBy, ownerName, ownerEmail }) => (
        <span className={css.person}>
          <Avatar identity={createdBy} name={ownerName || ownerEmail} size={24} />
          {ownerName || ownerEmail}
        </span>
      ),
    },
    {
      key: 'e2ee',
      head: t('admin.e2ee'),
      cell: ({ settings }) => (
        <span className={classes(css.dot, settings.e2ee ? css.on : css.off)}>
          {t(settings.e2ee ? 'admin.on' : 'admin.off')}
        </span>
      ),
    },
    {
      key: 'inside',
      head: t('admin.inside'),
      cell: ({ participantsCount = 0, maxParticipants }) =>
        maxParticipants > 0 ? t('admin.of', { count: participantsCount, most: maxParticipants }) : participantsCount,
    },
    { key: 'access', head: t('admin.access'), cell: ({ isPublic }) => t(isPublic ? 'rooms.public' : 'rooms.private') },
    {
      key: 'active',
      head: t('admin.lastActive'),
      cell: (room) =>
        (room.participantsCount ?? 0) > 0 ? (
          <Badge icon={Radio} tone="brand" text={t('admin.live')} />
        ) : !room.isActive ? (
          <Badge icon={Pause} tone="waiting" text={t('admin.suspended')} />
        ) : (
          dayText(room.lastActivityAt, i18n.language)
        ),
    },
    {
      key: 'menu',
      head: t('admin.actions'),
      quiet: true,
      cell: (room) => (
        <Menu trigger={<IconButton icon={Ellipsis} label={t('rooms.menu', { room: roomTitle(room.name) })} dense />}>
          <MenuItem
            icon={room.isActive ? Pause : Play}
            onSelect={() => onAct(room, room.isActive ? 'suspend' : 'reactivate')}
          >
            {t(room.isActive ? 'admin.suspend' : 'admin.reactivate')}
          </MenuItem>
          <MenuItem icon={Trash2} danger onSelect={() => onAct(room, 'delete')}>
            {t('admin.delete')}
          </MenuItem>
        </Menu>
      ),
    },
  ];
}

function AllRooms() {
  const { t } = useTranslation();
  const api = useApi();
  const { text, setText, search } = useSearchText();
  const [page, setPage] = useState(1);
  const [doomed, setDoomed] = useState<AdminRoom | null>(null);
  const load = useCallback((signal: AbortSignal) => rooms(api, search, page, signal), [api, search, page]);
  const { state, reload } = useLoad(load, 15_000);

  const run = async (work: Promise<unknown>): Promise<void> => {
    try {
      await work;
      reload();
    } catch (error) {
      toast(errorText(t, error));
    }
  };
  const columns = useColumns((room, act) => {
    if (act === 'delete') setDoomed(room);
    else void run(setSuspended(api, room.id, act === 'suspend'));
  });
  return (
    <>
      <PageHead title={t('nav.allRooms')}>
        <SearchField label={t('admin.searchRooms')} value={text} onChange={setText} />
      </PageHead>
      <Shown state={state} place={css.number} onRetry={reload}>
        {(value) =>
          value.rooms.length === 0 ? (
            <Empty icon={Radio} title={t('admin.noRooms')} />
          ) : (
            <>
              <Table label={t('nav.allRooms')} columns={columns} rows={value.rooms} idOf={({ id }) => id} />
              <Pages page={page} total={value.total} onPage={setPage} />
            </>
          )
        }
      </Shown>
      <p className={css.note}>
        <ShieldCheck size={16} aria-hidden />
        {t('admin.blind')}
      </p>
      {doomed && (
        <Confirm
          title={t('admin.deleteTitle', { room: roomTitle(doomed.name) })}
          action={t('admin.delete')}
          danger
          onConfirm={() => {
            setDoomed(null);
            void run(deleteRoom(api, doomed.id));
          }}
          onClose={() => setDoomed(null)}
        >
          <p>{t('admin.deleteText')}</p>
        </Confirm>
      )}
    </>
  );
}

export default function RoomsPage() {
  return (
    <AdminFrame>
      <AllRooms />
    </AdminFrame>
  );
}
