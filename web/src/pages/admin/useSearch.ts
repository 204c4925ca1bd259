// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'react';

const PAUSE_MS = 250;

/** What is typed, and, a moment after the last letter, what is searched for. */
export function useSearchText() {
  const [text, setText] = useState('');
  const [search, setSearch] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSearch(text.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return { text, setText, search };
}
