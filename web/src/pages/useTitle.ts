// SPDX-License-Identifier: Apache-2.0
import { useEffect } from 'react';

/** The window's title. */
export function useTitle(title?: string): void {
  useEffect(() => {
    document.title = title ? `${title} – bedrud` : 'bedrud';
  }, [title]);
}
