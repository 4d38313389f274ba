import type { FormEvent, ReactNode } from 'react';
import classes from './form.module.css';

interface Props {
  onSubmit: (event: FormEvent<HTMLFormElement>) => void;
  children: ReactNode;
}

/** A real form, for password managers and the Enter key. Were the script to fail, `post` keeps what was typed out of the address. */
export function Form({ onSubmit, children }: Props) {
  return (
    <form method="post" noValidate onSubmit={onSubmit} className={classes.form}>
      {children}
    </form>
  );
}
