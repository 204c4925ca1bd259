// SPDX-License-Identifier: Apache-2.0
import { useTranslation } from 'react-i18next';
import { InviteSection } from './InviteCard';
import { Panel } from './Panel';
import { SecuritySection } from './Security';

export default function InvitePanel() {
  const { t } = useTranslation('meeting');
  return (
    <Panel title={t('panel.invite')}>
      <InviteSection />
      <SecuritySection />
    </Panel>
  );
}
