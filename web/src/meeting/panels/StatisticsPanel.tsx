// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCall } from '../call/useCall';
import { Panel } from './Panel';
import { type Before, type LinkFacts, readLink, readTracks, type TrackFacts } from './statistics';
import css from './Statistics.module.css';

const AGAIN_MS = 2000;

interface Shown {
  link: LinkFacts | null;
  tracks: TrackFacts[];
}

interface Connections {
  engine?: { pcManager?: Partial<Record<'publisher' | 'subscriber', { getStats(): Promise<RTCStatsReport> }>> };
}

/** Both connections' reports, now and every two seconds. */
function useStatistics(): Shown {
  const { room } = useCall();
  const [shown, setShown] = useState<Shown>({ link: null, tracks: [] });
  useEffect(() => {
    let isGone = false;
    const before = new Map<string, Before>();
    const look = async (): Promise<void> => {
      const { publisher, subscriber } = (room as unknown as Connections).engine?.pcManager ?? {};
      const reports = await Promise.all([publisher, subscriber].map((one) => one?.getStats()));
      const [sent, received] = reports.map(
        (report) => [...(report?.values() ?? [])] as Parameters<typeof readTracks>[0],
      );
      if (isGone || !sent || !received) return;
      setShown({
        link: readLink(received) ?? readLink(sent),
        tracks: [...readTracks(sent, before), ...readTracks(received, before)],
      });
    };
    const safely = (): void => void look().catch(() => undefined);
    safely();
    const timer = setInterval(safely, AGAIN_MS);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [room]);
  return shown;
}

function Track({ facts }: { facts: TrackFacts }) {
  const { t, i18n } = useTranslation('meeting');
  const format = (value: number, options: Intl.NumberFormatOptions = {}): string =>
    new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 0, ...options }).format(value);
  const { direction, kind, codec, width, height, framesPerSecond, bitrate, loss, jitterMs } = facts;
  return (
    <tr>
      <th scope="row">
        {t(`statistics.${direction}.${kind}`)}
        <span>{codec}</span>
      </th>
      <td>
        {width > 0
          ? `${width} × ${height}, ${format(framesPerSecond)}/s`
          : t('statistics.jitter', { ms: format(jitterMs) })}
      </td>
      <td>{t('statistics.rate', { rate: format(bitrate / 1000) })}</td>
      <td>{direction === 'in' ? format(loss, { style: 'percent', maximumFractionDigits: 1 }) : '–'}</td>
    </tr>
  );
}

export default function StatisticsPanel() {
  const { t } = useTranslation('meeting');
  const { link, tracks } = useStatistics();
  return (
    <Panel title={t('panel.statistics')}>
      <dl className={css.link}>
        <div>
          <dt>{t('statistics.rtt')}</dt>
          <dd>{link && link.rttMs !== null ? t('statistics.ms', { ms: Math.round(link.rttMs) }) : '–'}</dd>
        </div>
        <div>
          <dt>{t('statistics.way')}</dt>
          <dd>{link ? `${t(link.isRelayed ? 'statistics.relayed' : 'statistics.direct')}, ${link.protocol}` : '–'}</dd>
        </div>
      </dl>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{t('statistics.track')}</th>
            <th scope="col">{t('statistics.picture')}</th>
            <th scope="col">{t('statistics.bitrate')}</th>
            <th scope="col">{t('statistics.loss')}</th>
          </tr>
        </thead>
        <tbody>
          {tracks.map((facts, i) => (
            <Track key={i} facts={facts} />
          ))}
        </tbody>
      </table>
      {tracks.length === 0 && <p className="ink2 t-note">{t('statistics.nothing')}</p>}
    </Panel>
  );
}
