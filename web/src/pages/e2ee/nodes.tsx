// SPDX-License-Identifier: Apache-2.0
import { ArrowRight, KeyRound, Lock, LockOpen, Monitor, Server } from 'lucide-react';
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import type { Column } from '../../e2ee/fingerprint';
import { Badge, classes } from '../../ui';
import { ByteRow } from './ByteRow';
import { type Clear, HEIGHT, WIDTH } from './codec';
import css from './E2eePage.module.css';
import type { Sight } from './useRelay';

type Canvas = RefObject<HTMLCanvasElement | null>;

interface ClientNodeProps {
  side: 'a' | 'b';
  canvas: Canvas;
  sight: Sight | null;
  clear: number;
  columns: readonly Column[] | null;
  dropped: boolean;
}

export function ClientNode({ side, canvas, sight, clear, columns, dropped }: ClientNodeProps) {
  const { t } = useTranslation('e2ee');
  const received = sight?.journey.received;
  const bytes = side === 'a' ? sight?.frame : typeof received === 'string' ? null : received;
  return (
    <section className={css.node} aria-label={t(`${side}.title`)}>
      <header className={css.nodeHead}>
        <span className={css.nodeIcon}>
          <Monitor size={21} strokeWidth={1.75} aria-hidden />
        </span>
        <div>
          <h2>{t(`${side}.title`)}</h2>
          <p>{t(`${side}.text`)}</p>
        </div>
      </header>
      <div className={classes(css.picture, dropped && css.dropped)}>
        <canvas ref={canvas} width={WIDTH} height={HEIGHT} role="img" aria-label={t(`${side}.picture`)} />
        {dropped && <span className={css.plate}>{t('droppedPicture')}</span>}
      </div>
      {bytes ? <ByteRow bytes={bytes} clear={clear} encrypted={false} /> : <p className={css.none}>{t('dropped')}</p>}
      {columns && (
        <p className={css.key}>
          <KeyRound size={16} strokeWidth={2} aria-hidden />
          <span>{t('keyHere')}</span>
          <span aria-hidden>{columns.map(({ emoji }) => emoji).join(' ')}</span>
        </p>
      )}
      <ol className={css.steps}>
        {(['one', 'two', 'three'] as const).map((step) => (
          <li key={step}>
            <Badge
              icon={step !== 'two' ? ArrowRight : !columns ? ArrowRight : side === 'a' ? Lock : LockOpen}
              tone={step === 'two' && columns ? 'enc' : 'plain'}
              text={t(`${side}.steps.${step === 'two' && !columns ? 'clear' : step}`)}
            />
          </li>
        ))}
      </ol>
    </section>
  );
}

interface ServerNodeProps {
  canvas: Canvas;
  sight: Sight | null;
  encrypted: boolean;
  clear: number;
  said: Clear | null;
}

export function ServerNode({ canvas, sight, encrypted, clear, said }: ServerNodeProps) {
  const { t } = useTranslation('e2ee');
  const size = sight?.journey.wire.length ?? 0;
  const header = said
    ? t('server.header', { count: clear, width: said.width, height: said.height })
    : t('server.headerShort', { count: clear });
  return (
    <section className={classes(css.node, css.server, 'stage')} aria-label={t('server.title')}>
      <header className={css.nodeHead}>
        <span className={css.nodeIcon}>
          <Server size={21} strokeWidth={1.75} aria-hidden />
        </span>
        <div>
          <h2>{t('server.title')}</h2>
          <p>{t(encrypted ? 'server.blind' : 'server.sees')}</p>
        </div>
      </header>
      <div className={css.picture}>
        <canvas
          ref={canvas}
          width={WIDTH}
          height={HEIGHT}
          role="img"
          aria-label={t(encrypted ? 'server.noPicture' : 'server.picture')}
        />
        {encrypted && <span className={css.plate}>{t('server.noPicture')}</span>}
      </div>
      {sight && (
        <ByteRow bytes={sight.journey.wire} clear={clear} encrypted={encrypted} flipped={sight.journey.flipped} />
      )}
      <dl className={css.facts}>
        <dt>{t('server.key')}</dt>
        <dd>{t(encrypted ? 'server.keyNone' : 'server.keyNotNeeded')}</dd>
        <dt>{t('server.can')}</dt>
        <dd>{encrypted ? t('server.canE2ee', { header, size }) : t('server.canStandard')}</dd>
        <dt>{t('server.cannot')}</dt>
        <dd>{t(encrypted ? 'server.cannotE2ee' : 'server.cannotStandard')}</dd>
      </dl>
    </section>
  );
}

interface WayProps {
  encrypted: boolean;
  bytes: number;
  word: string;
  broken?: boolean;
}

export function Way({ encrypted, bytes, word, broken }: WayProps) {
  const { t } = useTranslation('e2ee');
  const Icon = encrypted ? Lock : LockOpen;
  return (
    <div className={classes(css.way, encrypted ? css.wayEnc : css.wayClear, broken && css.wayBroken)}>
      <span className={css.locks} aria-hidden>
        {[0, 1, 2].map((one) => (
          <Icon key={one} size={14} strokeWidth={2} />
        ))}
      </span>
      <span className={css.line} aria-hidden />
      <span>
        {word} {t('way.bytes', { count: bytes })}
      </span>
    </div>
  );
}
