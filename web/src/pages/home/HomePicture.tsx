// SPDX-License-Identifier: Apache-2.0
// A meeting, drawn: what it looks like, for whoever has not seen one.
import { Lock, MessageSquare, Mic, MicOff, MonitorUp, Video } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import css from './HomePicture.module.css';

interface Look {
  name: string;
  wall: string;
  light: string;
  skin: string;
  hair: string;
  top: string;
  /** A path around the head. */
  shape: string;
  muted?: boolean;
  speaks?: boolean;
}

const LONG = 'M-36 74c-8-44-4-88 36-88s44 44 36 88z';
const SHORT = 'M-31 8c-2-34 12-46 31-46s33 12 31 46c-6-10-12-16-31-16s-25 6-31 16z';
const ROUND = 'M-35 40c-6-52 10-78 35-78s41 26 35 78z';

const PEOPLE: readonly Look[] = [
  { name: 'Leila', wall: '#a89a87', light: '#d5cab6', skin: '#dba67f', hair: '#2c1d19', top: '#6d2437', shape: LONG },
  {
    name: 'Jonas',
    wall: '#7689a2',
    light: '#c9d5e3',
    skin: '#edbd9b',
    hair: '#b98a3f',
    top: '#3c5a3c',
    shape: SHORT,
    speaks: true,
  },
  {
    name: 'Yuki',
    wall: '#8ea597',
    light: '#c7d6c8',
    skin: '#eabf9f',
    hair: '#14141a',
    top: '#e4ddd0',
    shape: ROUND,
    muted: true,
  },
  { name: 'Amara', wall: '#64534c', light: '#8d7a6d', skin: '#7b4a34', hair: '#2a6a6f', top: '#245a60', shape: LONG },
];

function Person({ wall, light, skin, hair, top, shape }: Look) {
  return (
    <svg className={css.person} viewBox="0 0 320 200" preserveAspectRatio="xMidYMid slice" aria-hidden>
      <path fill={wall} d="M0 0h320v200H0z" />
      <path fill={light} d="M214 0h106v118H214z" />
      <g transform="translate(160 92)">
        <path fill={hair} d={shape} />
        <path fill={skin} d="M-14 36h28v40h-28z" />
        <path fill={top} d="M-88 110c4-42 40-56 88-56s84 14 88 56z" />
        <ellipse fill={skin} cx="0" cy="8" rx="27" ry="36" />
        <path fill={hair} d="M-30 2c-2-34 14-42 32-42 17 0 30 8 28 38-14-4-24-12-30-22-6 12-18 20-30 26z" />
        <path
          fill="#1c1512"
          d="M-13 6a2.6 2.6 0 1 0 5 0 2.6 2.6 0 1 0-5 0zm21 0a2.6 2.6 0 1 0 5 0 2.6 2.6 0 1 0-5 0z"
        />
        <path fill="none" stroke="#8e4a40" strokeWidth="3" strokeLinecap="round" d="M-9 24q9 8 18 0" />
      </g>
    </svg>
  );
}

export default function HomePicture() {
  const { t } = useTranslation();
  return (
    <figure className={`stage ${css.frame}`} role="img" aria-label={t('home.picture')}>
      <div className={css.tiles}>
        {PEOPLE.map((look) => (
          <div key={look.name} className={css.tile} data-speaks={look.speaks}>
            <Person {...look} />
            <span className={css.plate}>
              <Lock size={14} strokeWidth={2} />
              {look.muted && <MicOff size={14} strokeWidth={2} />}
              {look.name}
            </span>
          </div>
        ))}
      </div>
      <div className={css.bar}>
        <span className={css.pill}>
          <Lock size={16} strokeWidth={2} />
          {t('encryption.on')}
        </span>
        <span className={css.controls}>
          {[Mic, Video, MonitorUp, MessageSquare].map((Icon, index) => (
            <i key={index}>
              <Icon size={18} strokeWidth={1.75} />
            </i>
          ))}
        </span>
      </div>
    </figure>
  );
}
