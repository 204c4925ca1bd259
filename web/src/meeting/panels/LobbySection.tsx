// SPDX-License-Identifier: Apache-2.0
import { useTranslation } from 'react-i18next';
import type { Waiting } from '../../api';
import { errorText } from '../../pages/errors';
import { Avatar, Button, toast } from '../../ui';
import css from './People.module.css';
import { useLobby } from './useLobby';

export function LobbySection() {
  const { t } = useTranslation('meeting');
  const { t: app } = useTranslation();
  const { waiting, answer } = useLobby();
  if (waiting.length === 0) return null;
  const decide = (who: Waiting, admit: boolean): void => {
    answer(who, admit).catch((error: unknown) => toast(errorText(app, error)));
  };
  return (
    <section className={css.lobby} aria-labelledby="lobby">
      <h3 id="lobby">{t('lobby.title', { count: waiting.length })}</h3>
      <ul>
        {waiting.map((who) => (
          <li key={who.identity}>
            <Avatar identity={who.identity} name={who.name} size={32} />
            <b dir="auto">{who.name}</b>
            <Button
              size="dense"
              look="quiet"
              onClick={() => decide(who, false)}
              aria-label={t('lobby.denyNamed', { name: who.name })}
            >
              {t('lobby.deny')}
            </Button>
            <Button
              size="dense"
              onClick={() => decide(who, true)}
              aria-label={t('lobby.admitNamed', { name: who.name })}
            >
              {t('lobby.admit')}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
