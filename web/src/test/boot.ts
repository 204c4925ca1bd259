// SPDX-License-Identifier: Apache-2.0
// The page's only script. It takes the fragment (a token, and a key where there is one) out of the address before the rest of
// the page is so much as loaded.
import { bootstrap } from '../e2ee/bootstrap';

const keys = bootstrap(['token']);
void import('./main').then(({ start }) => start(keys));
