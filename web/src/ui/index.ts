// SPDX-License-Identifier: Apache-2.0
export { Button, ButtonLink, IconButton } from './Button';
export { classes } from './classes';
export { Field, PasswordField } from './Field';
export { Logo, Mark } from './Logo';
export { Notice, type Tone } from './Notice';
export { StatePage } from './StatePage';
export { Tooltip, TooltipRoom } from './Tooltip';
export { TopBar } from './TopBar';
