// SPDX-License-Identifier: Apache-2.0
// A form whose errors stand next to its fields: checked here first, then by the server.
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { codeOf } from '../../api';
import { errorText } from '../errors';

export type Errors<Name extends string> = Partial<Record<Name | 'form', string | null>>;

interface FormOptions<Name extends string> {
  names: readonly Name[];
  check: (values: Record<Name, string>) => Errors<Name>;
  send: (values: Record<Name, string>) => Promise<void>;
  /** The field that an answer is about; others are told above the button. */
  fieldOf?: Record<string, Name>;
  /** What is said here of some answers, instead of what is said everywhere. */
  words?: Record<string, string>;
}

export function useForm<Name extends string>({ names, check, send, fieldOf = {}, words = {} }: FormOptions<Name>) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<Errors<Name>>({});

  const onSubmit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const values = Object.fromEntries(names.map((name) => [name, String(data.get(name) ?? '')])) as Record<
      Name,
      string
    >;
    const wrong = check(values);
    setErrors(wrong);
    const first = names.find((name) => wrong[name]);
    if (first) return (form.elements.namedItem(first) as HTMLElement | null)?.focus();
    setBusy(true);
    try {
      await send(values);
    } catch (error) {
      const code = codeOf(error);
      setErrors({ [fieldOf[code] ?? 'form']: words[code] ?? errorText(t, error) } as Errors<Name>);
    } finally {
      setBusy(false);
    }
  };

  const clear = (name: Name): void => setErrors((before) => ({ ...before, [name]: null, form: null }));
  /** For a field: its name, its error, and that the error goes when something else is typed. */
  const field = (name: Name) => ({ name, error: errors[name] ?? null, onInput: () => clear(name) });

  return {
    busy,
    error: errors.form ?? null,
    field,
    onSubmit: (event: FormEvent<HTMLFormElement>) => void onSubmit(event),
  };
}
