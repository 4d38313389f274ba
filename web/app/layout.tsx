import { IconKey, IconMenu2, IconUser, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { NavLink, Outlet } from 'react-router';
import { pages } from '#contract/pages.ts';
import { useSession } from '../api/use-session.ts';
import { useTexts } from '../texts/use-texts.ts';
import { Logo } from '../ui/logo.tsx';
import classes from './layout.module.css';
import { UserMenu } from './user-menu.tsx';

const links = [
  { to: pages.account, name: 'account', Icon: IconUser },
  { to: pages.password, name: 'changePassword', Icon: IconKey },
] as const;

function Navigation({ onChosen }: { onChosen: () => void }) {
  const texts = useTexts();
  return (
    <ul className={classes.links}>
      {links.map(({ to, name, Icon }) => (
        <li key={to}>
          <NavLink to={to} end className={classes.link ?? ''} onClick={onChosen}>
            <Icon size={20} stroke={1.6} aria-hidden="true" />
            {texts[name].title}
          </NavLink>
        </li>
      ))}
    </ul>
  );
}

/** The frame of every page for people who are signed in. On a phone the navigation folds into a button. */
export function Layout() {
  const { frame, product } = useTexts();
  const [isOpen, setOpen] = useState(false);
  const state = useSession();
  if (state.phase !== 'signed-in') return null;
  return (
    <div className={classes.shell} data-open={isOpen || undefined}>
      <a href="#content" className={classes.skip}>
        {frame.skipToContent}
      </a>
      <header className={classes.header}>
        <button
          type="button"
          className={classes.fold}
          aria-expanded={isOpen}
          aria-controls="navigation"
          aria-label={frame.navigation}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? <IconX size={22} /> : <IconMenu2 size={22} />}
        </button>
        <Logo>{product}</Logo>
        <UserMenu user={state.user} />
      </header>
      <nav id="navigation" aria-label={frame.mainNavigation} className={classes.navigation}>
        <Navigation onChosen={() => setOpen(false)} />
      </nav>
      <main id="content" tabIndex={-1} className={classes.content}>
        <Outlet />
      </main>
    </div>
  );
}
