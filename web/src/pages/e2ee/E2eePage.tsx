// SPDX-License-Identifier: Apache-2.0
// What the server gets from a meeting: one frame after another on its real way, and how that comes about.
import { ShieldCheck, ShieldOff, Video, Zap } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, ButtonLink, classes, Segments, TopBar } from '../../ui';
import { LookBar } from '../frame/LookBar';
import { useTitle } from '../useTitle';
import { HEIGHT, readClear, WIDTH } from './codec';
import css from './E2eePage.module.css';
import { ClientNode, ServerNode, Way } from './nodes';
import { Story } from './Story';
import { useRelay } from './useRelay';

const LEGEND = ['clear', 'plain', 'cipher', 'tag', 'trailer'] as const;
const CLEAR_VP8 = 10;
const CLEAR_RAW = 1;

export default function E2eePage() {
  const { t } = useTranslation('e2ee');
  useTitle(t('title'));
  const [mode, setMode] = useState<'standard' | 'e2ee'>('e2ee');
  const [flip, setFlip] = useState(false);
  const [camera, setCamera] = useState<HTMLVideoElement | null>(null);
  const a = useRef<HTMLCanvasElement>(null);
  const server = useRef<HTMLCanvasElement>(null);
  const b = useRef<HTMLCanvasElement>(null);
  const encrypted = mode === 'e2ee';
  const { sight, columns } = useRelay({ a, server, b }, encrypted, flip, camera);
  const isDropped = typeof sight?.journey.received === 'string';
  const said = sight && readClear(sight.frame);
  const clear = said ? CLEAR_VP8 : CLEAR_RAW;

  useEffect(
    () => () => (camera?.srcObject as MediaStream | null)?.getTracks().forEach((track) => track.stop()),
    [camera],
  );

  const openCamera = async (): Promise<void> => {
    const video = document.createElement('video');
    video.muted = video.playsInline = true;
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: WIDTH, height: HEIGHT } });
    await video.play();
    setCamera(video);
  };

  return (
    <>
      <TopBar>
        <LookBar />
        <ButtonLink href="/">{t('start')}</ButtonLink>
      </TopBar>
      <main className={css.page}>
        <header className={css.head}>
          <div>
            <h1 className="t-headline">{t('title')}</h1>
            <p className={css.lead}>{t('lead')}</p>
          </div>
          <Segments
            label={t('mode')}
            value={mode}
            options={[
              { value: 'standard', text: t('standard'), icon: ShieldOff },
              { value: 'e2ee', text: t('e2ee'), icon: ShieldCheck },
            ]}
            onChange={setMode}
          />
        </header>
        <div className={css.stage}>
          <ClientNode
            side="a"
            canvas={a}
            sight={sight}
            clear={clear}
            columns={encrypted ? columns : null}
            dropped={false}
          />
          <Way encrypted={encrypted} bytes={sight?.journey.wire.length ?? 0} word={t('way.there')} />
          <ServerNode canvas={server} sight={sight} encrypted={encrypted} clear={clear} said={said ?? null} />
          <Way
            encrypted={encrypted}
            bytes={sight?.journey.wire.length ?? 0}
            word={t(flip ? 'way.altered' : 'way.same')}
            broken={flip}
          />
          <ClientNode
            side="b"
            canvas={b}
            sight={sight}
            clear={clear}
            columns={encrypted ? columns : null}
            dropped={isDropped}
          />
        </div>
        <div className={css.foot}>
          <ul className={css.legend}>
            {LEGEND.filter((part) => encrypted || part === 'clear' || part === 'plain').map((part) => (
              <li key={part}>
                <i className={classes(css.byte, css[part])} />
                {t(`parts.${part}`)}
              </li>
            ))}
          </ul>
          <div className={css.tools}>
            {!camera && (
              <Button icon={Video} look="quiet" onClick={() => void openCamera().catch(() => undefined)}>
                {t('camera')}
              </Button>
            )}
            <Button icon={Zap} aria-pressed={flip} onClick={() => setFlip(!flip)}>
              {t(flip ? 'unflip' : 'flip')}
            </Button>
          </div>
        </div>
        <p className={css.verdict} role="status">
          {t(
            flip
              ? encrypted
                ? 'verdict.flippedE2ee'
                : 'verdict.flippedStandard'
              : encrypted
                ? 'verdict.e2ee'
                : 'verdict.standard',
          )}
        </p>
        <Story />
      </main>
    </>
  );
}
