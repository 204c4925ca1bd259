// SPDX-License-Identifier: Apache-2.0
// The browser's own dialog: it keeps the focus inside, makes the rest inert, closes on Esc, and gives the focus back. A sheet
// at the bottom on phones.
import { X } from 'lucide-react';
import { type FormEvent, type MouseEvent, type ReactNode, useEffect, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from './Button';
import { classes } from './classes';
import css from './Dialog.module.css';
import { LayerContext } from './layer';

/** The page behind does not scroll, and does not move when its scroll bar goes. Ends with what is given. */
function holdPage(end: () => void): () => void {
  const { documentElement: page } = document;
  page.style.paddingInlineEnd = `${innerWidth - page.clientWidth}px`;
  page.style.overflow = 'hidden';
  return () => {
    page.style.paddingInlineEnd = page.style.overflow = '';
    end();
  };
}

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Buttons at the end, the filled one last. */
  actions?: ReactNode;
  /** The whole is a form. */
  onSubmit?: () => void;
  narrow?: boolean;
  /** Nothing closes it but its buttons: something is on its way. */
  busy?: boolean;
}

export function Dialog({ title, onClose, children, actions, onSubmit, narrow, busy }: DialogProps) {
  const { t } = useTranslation();
  const [dialog, setDialog] = useState<HTMLDialogElement | null>(null);
  const id = useId();

  useEffect(() => {
    if (!dialog) return;
    if (!dialog.open) dialog.showModal();
    // What stands first is the button that closes it. The focus begins at a field marked as the first, else at the title.
    (dialog.querySelector<HTMLElement>('[data-first]') ?? dialog.querySelector('h2'))?.focus();
    return holdPage(() => dialog.close());
  }, [dialog]);

  const close = (): void => {
    if (!busy) onClose();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!busy) onSubmit?.();
  };
  // The dialog fills its box but for the backdrop, so what is hit as the dialog itself is the backdrop.
  const onMouseDown = (event: MouseEvent): void => {
    if (event.target === dialog) close();
  };
  const inside = (
    <LayerContext value={dialog}>
      <header className={css.head}>
        <h2 id={id} tabIndex={-1} className="t-heading">
          {title}
        </h2>
        <IconButton icon={X} label={t('dialog.close')} dense onClick={close} />
      </header>
      <div className={css.body}>{children}</div>
      {actions && <footer className={css.foot}>{actions}</footer>}
    </LayerContext>
  );
  return (
    // The keyboard has Esc for what a press beside the dialog does.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={setDialog}
      className={classes(css.dialog, narrow && css.narrow)}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onMouseDown={onMouseDown}
    >
      {onSubmit ? (
        <form className={css.inside} onSubmit={submit} noValidate>
          {inside}
        </form>
      ) : (
        <div className={css.inside}>{inside}</div>
      )}
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  children: ReactNode;
  /** What the button says that does it. */
  action: string;
  danger?: boolean;
  busy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

export function Confirm({ title, children, action, danger, busy, onConfirm, onClose }: ConfirmProps) {
  const { t } = useTranslation();
  return (
    <Dialog
      title={title}
      onClose={onClose}
      busy={busy}
      narrow
      actions={
        <>
          <Button look="quiet" onClick={onClose}>
            {t('dialog.cancel')}
          </Button>
          <Button look={danger ? 'danger' : 'primary'} busy={busy} onClick={onConfirm}>
            {action}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
