// SPDX-License-Identifier: Apache-2.0
// Every language says all that English says, with the same things put into the sentences.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LANGUAGES } from '../../src/app/i18n';

const WORDS = new URL('../../src/words/', import.meta.url);

type Tree = { [key: string]: string | Tree };

function flat(tree: Tree, before = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[before + key, value]] : flat(value, `${before}${key}.`),
  );
}

const read = (language: string, file: string): Map<string, string> =>
  new Map(flat(JSON.parse(readFileSync(new URL(`${language}/${file}`, WORDS), 'utf8')) as Tree));

/** Names of what is put in, without how it is written, and the tags. */
const placeholders = (text: string): string[] =>
  [...text.matchAll(/\{\{\s*(\w+)[^}]*\}\}|<\/?\d+>/g)].map(([all, name]) => name ?? all).sort();

/** 'inside' of 'inside_one' where a count chooses the form, else nothing. */
const stemOf = (key: string): string | undefined => /^(.*)_(?:zero|one|two|few|many|other)$/.exec(key)?.[1];

function expectedKeys(english: Map<string, string>, language: string): string[] {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  const keys = [...english.keys()].flatMap((key) => {
    const stem = stemOf(key);
    return stem === undefined ? [key] : forms.map((form) => `${stem}_${form}`);
  });
  return [...new Set(keys)].sort();
}

const files = readdirSync(new URL('en/', WORDS)).sort();
const others = Object.keys(LANGUAGES).filter((language) => language !== 'en');

it('offers the languages there are words of', () => {
  expect(readdirSync(WORDS).sort()).toEqual(Object.keys(LANGUAGES).sort());
});

describe.each(others)('%s', (language) => {
  it('has the files of English', () => {
    expect(readdirSync(new URL(`${language}/`, WORDS)).sort()).toEqual(files);
  });

  it.each(files)('has every key of %s, and none besides', (file) => {
    expect([...read(language, file).keys()].sort()).toEqual(expectedKeys(read('en', file), language));
  });

  it.each(files)('has the placeholders of %s', (file) => {
    const english = read('en', file);
    for (const [key, text] of read(language, file)) {
      // A form that English lacks has what its general one has.
      const model = english.get(key) ?? english.get(`${stemOf(key)}_other`) ?? '';
      expect([key, placeholders(text)]).toEqual([key, placeholders(model)]);
      expect([key, text === ''], 'said where English says something').toEqual([key, model === '']);
    }
  });
});
