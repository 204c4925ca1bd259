// SPDX-License-Identifier: Apache-2.0
import { createContext, use } from 'react';

/** Where tooltips and menus are drawn: an open dialog lies above everything that is not within it. */
export const LayerContext = createContext<HTMLElement | null>(null);

export const useLayer = (): HTMLElement | undefined => use(LayerContext) ?? undefined;
