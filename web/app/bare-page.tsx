import type { ReactNode } from 'react';
import { Outlet } from 'react-router';
import { useTexts } from '../texts/use-texts.ts';
import { Logo } from '../ui/logo.tsx';
import classes from './bare-page.module.css';

/** One card with one task: for pages that need nobody to be signed in. */
export function BareFrame({ children }: { children: ReactNode }) {
  const { product } = useTexts();
  return (
    <div className={classes.page}>
      <header className={classes.brand}>
        <Logo>{product}</Logo>
      </header>
      <main className={classes.card}>{children}</main>
    </div>
  );
}

export function BarePage() {
  return (
    <BareFrame>
      <Outlet />
    </BareFrame>
  );
}
