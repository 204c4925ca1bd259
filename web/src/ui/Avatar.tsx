// SPDX-License-Identifier: Apache-2.0
// A person without a picture: two letters on a colour that goes with who they are. Its name stands beside it.
import { useState } from 'react';
import css from './Avatar.module.css';
import { classes } from './classes';
import { hueOf, initials } from './names';

interface AvatarProps {
  /** Whoever it is; the same gives the same colour. */
  identity: string;
  name: string;
  url?: string;
  size?: 24 | 32 | 40 | 64 | 96;
}

export function Avatar({ identity, name, url, size = 32 }: AvatarProps) {
  const [isBroken, setBroken] = useState(false);
  const shape = classes(css.avatar, css[`size${size}`]);
  if (url && !isBroken) return <img className={shape} src={url} alt="" onError={() => setBroken(true)} />;
  return (
    <span className={classes(shape, css[`hue${hueOf(identity)}`])} aria-hidden>
      {initials(name)}
    </span>
  );
}
