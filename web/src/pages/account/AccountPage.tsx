// SPDX-License-Identifier: Apache-2.0
import { useTranslation } from 'react-i18next';
import { useUser } from '../../app/services';
import { AppFrame } from '../frame/AppFrame';
import { PageHead } from '../frame/PageHead';
import { KeyPart } from './KeyPart';
import { PasswordPart } from './PasswordPart';
import { ProfilePart } from './ProfilePart';
import { SessionPart } from './SessionPart';

function Account() {
  const { t } = useTranslation();
  const user = useUser();
  return (
    <>
      <PageHead title={t('nav.account')} />
      {user && <ProfilePart user={user} />}
      {user?.provider === 'local' && <PasswordPart />}
      <SessionPart />
      <KeyPart />
    </>
  );
}

export default function AccountPage() {
  return (
    <AppFrame>
      <Account />
    </AppFrame>
  );
}
