// SPDX-License-Identifier: Apache-2.0
// Which page stands at which address; src/server/pages.c serves the app for the same ones. A page is loaded when it is
// first opened.
import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { HomePage } from '../pages/home/HomePage';
import { NotFoundPage } from '../pages/NotFoundPage';

const AdminOverview = lazy(() => import('../pages/admin/OverviewPage'));
const AdminUsers = lazy(() => import('../pages/admin/UsersPage'));
const AdminRooms = lazy(() => import('../pages/admin/RoomsPage'));
const AdminInvites = lazy(() => import('../pages/admin/InvitesPage'));
const AdminSettings = lazy(() => import('../pages/admin/SettingsPage'));
const AccountPage = lazy(() => import('../pages/account/AccountPage'));
const ArchivePage = lazy(() => import('../pages/dashboard/ArchivePage'));
const DashboardPage = lazy(() => import('../pages/dashboard/DashboardPage'));
const E2eePage = lazy(() => import('../pages/e2ee/E2eePage'));
const SignInPage = lazy(() => import('../pages/auth/SignInPage'));
const SignUpPage = lazy(() => import('../pages/auth/SignUpPage'));
const RoomPage = lazy(() => import('../pages/room/RoomPage'));

export function Routes() {
  return (
    <Suspense fallback={null}>
      <Switch>
        <Route path="/" component={HomePage} />
        <Route path="/auth">
          <Redirect to="/auth/login" replace />
        </Route>
        <Route path="/auth/login" component={SignInPage} />
        <Route path="/auth/register" component={SignUpPage} />
        <Route path="/account" component={AccountPage} />
        <Route path="/dashboard" component={DashboardPage} />
        <Route path="/dashboard/archived" component={ArchivePage} />
        <Route path="/dashboard/admin" component={AdminOverview} />
        <Route path="/dashboard/admin/users" component={AdminUsers} />
        <Route path="/dashboard/admin/rooms" component={AdminRooms} />
        <Route path="/dashboard/admin/invites" component={AdminInvites} />
        <Route path="/dashboard/admin/settings" component={AdminSettings} />
        <Route path="/e2ee" component={E2eePage} />
        <Route path="/m/:name">{({ name }) => <RoomPage key={name} name={name} />}</Route>
        <Route path="/c/:name">{({ name }) => <RoomPage key={name} name={name} />}</Route>
        <Route component={NotFoundPage} />
      </Switch>
    </Suspense>
  );
}
