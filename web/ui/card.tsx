import { useId } from 'react';
import type { ReactNode } from 'react';
import classes from './card.module.css';

interface Props {
  title: string;
  /** At the right of the title. */
  aside?: ReactNode;
  children: ReactNode;
}

/** One subject of a page, on its own surface. */
export function Card({ title, aside, children }: Props) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={classes.card}>
      <header className={classes.header}>
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      <div className={classes.body}>{children}</div>
    </section>
  );
}
