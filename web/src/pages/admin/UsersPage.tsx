// SPDX-License-Identifier: Apache-2.0
import { Ellipsis, LogOut, ShieldMinus, UserCheck, UserCog, Users, UserX } from 'lucide-react';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useApi, useUser } from '../../app/services';
import { Avatar, Badge, type Column, Empty, IconButton, Menu, MenuItem, SearchField, Table, toast } from '../../ui';
import { dayText } from '../dates';
import { errorText } from '../errors';
import { PageHead } from '../frame/PageHead';
import { Shown } from '../Shown';
import { useLoad } from '../useLoad';
import css from './admin.module.css';
import { AdminFrame } from './AdminFrame';
import { type AdminUser, setActive, setAdmin, signOutEverywhere, users } from './api';
import { Pages } from './Pages';
import { useSearchText } from './useSearch';

interface UserMenuProps {
  user: AdminUser;
  run: (work: Promise<unknown>, done: string) => void;
}

function UserMenu({ user, run }: UserMenuProps) {
  const { t } = useTranslation();
  const api = useApi();
  return (
    <Menu trigger={<IconButton icon={Ellipsis} label={t('admin.menuOf', { name: user.name })} dense />}>
      <MenuItem
        icon={user.isAdmin ? ShieldMinus : UserCog}
        onSelect={() => run(setAdmin(api, user.id, !user.isAdmin), t('admin.done'))}
      >
        {t(user.isAdmin ? 'admin.demote' : 'admin.promote')}
      </MenuItem>
      <MenuItem
        icon={LogOut}
        onSelect={() => run(signOutEverywhere(api, user.id), t('admin.signedOut', { name: user.name }))}
      >
        {t('admin.signOutUser')}
      </MenuItem>
      <MenuItem
        icon={user.isActive ? UserX : UserCheck}
        danger={user.isActive}
        onSelect={() => run(setActive(api, user.id, !user.isActive), t('admin.done'))}
      >
        {t(user.isActive ? 'admin.switchOff' : 'admin.switchOn')}
      </MenuItem>
    </Menu>
  );
}

function AllUsers() {
  const { t, i18n } = useTranslation();
  const api = useApi();
  const me = useUser();
  const { text, setText, search } = useSearchText();
  const [page, setPage] = useState(1);
  const load = useCallback((signal: AbortSignal) => users(api, search, page, signal), [api, search, page]);
  const { state, reload } = useLoad(load);

  const run = (work: Promise<unknown>, done: string): void => {
    work.then(
      () => {
        toast(done);
        reload();
      },
      (error: unknown) => toast(errorText(t, error)),
    );
  };
  const columns: Column<AdminUser>[] = [
    {
      key: 'name',
      head: t('admin.person'),
      cell: ({ id, name, email, avatarUrl }) => (
        <span className={css.person}>
          <Avatar identity={id} name={name} url={avatarUrl} />
          <span className={css.name}>
            <b>{name}</b>
            <span>{email}</span>
          </span>
        </span>
      ),
    },
    {
      key: 'role',
      head: t('admin.role'),
      cell: ({ isAdmin, accesses }) =>
        t(isAdmin ? 'nav.admin' : accesses.includes('guest') ? 'admin.guest' : 'admin.member'),
    },
    {
      key: 'state',
      head: t('admin.state'),
      cell: ({ isActive }) =>
        isActive ? t('admin.active') : <Badge icon={UserX} tone="blocked" text={t('admin.inactive')} />,
    },
    { key: 'since', head: t('admin.since'), cell: ({ createdAt }) => dayText(createdAt, i18n.language) },
    {
      key: 'menu',
      head: t('admin.actions'),
      quiet: true,
      cell: (user) => user.id !== me?.id && <UserMenu user={user} run={run} />,
    },
  ];
  return (
    <>
      <PageHead title={t('nav.users')}>
        <SearchField label={t('admin.searchUsers')} value={text} onChange={setText} />
      </PageHead>
      <Shown state={state} place={css.number} onRetry={reload}>
        {(value) =>
          value.users.length === 0 ? (
            <Empty icon={Users} title={t('admin.noUsers')} />
          ) : (
            <>
              <Table label={t('nav.users')} columns={columns} rows={value.users} idOf={({ id }) => id} />
              <Pages page={page} total={value.total} onPage={setPage} />
            </>
          )
        }
      </Shown>
    </>
  );
}

export default function UsersPage() {
  return (
    <AdminFrame>
      <AllUsers />
    </AdminFrame>
  );
}
