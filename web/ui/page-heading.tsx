import type { ReactNode } from 'react';
import classes from './page-heading.module.css';

interface Props {
  /** Also in the title of the browser's tab, before the name of the product. */
  title: string;
  product: string;
  children?: ReactNode;
  centered?: boolean;
}

/** The one h1 of a page. It takes the focus when the page changes (app/root.tsx). */
export function PageHeading({ title, product, children, centered = false }: Props) {
  return (
    <header className={classes.heading} data-centered={centered || undefined}>
      <title>{`${title} · ${product}`}</title>
      <h1 tabIndex={-1}>{title}</h1>
      {children !== undefined && <p className={classes.lead}>{children}</p>}
    </header>
  );
}
