// SPDX-License-Identifier: Apache-2.0
// The page's only script. It takes a key out of the address before the rest of the page is so much as loaded.
import { bootstrap } from '../e2ee/bootstrap';
import { applyTheme } from './theme';

const keys = bootstrap();
applyTheme();
void import('./main').then(({ start }) => start(keys));
