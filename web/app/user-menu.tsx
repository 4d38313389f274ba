import { IconChevronDown, IconLogout } from '@tabler/icons-react';
import { useState } from 'react';
import type { User } from '#contract/users.ts';
import { session } from '../api/client.ts';
import { asRefusal } from '../api/refusal.ts';
import type { Refusal } from '../api/refusal.ts';
import { useTexts } from '../texts/use-texts.ts';
import { ColorSchemeChoice } from './color-scheme-choice.tsx';
import { SignOutFailure } from './sign-out-failure.tsx';
import classes from './user-menu.module.css';

/** The browser's own popover: it closes on Escape and on a click beside it, and its content follows the button in the tab order. */
export function UserMenu({ user }: { user: User }) {
  const texts = useTexts().frame;
  const [refusal, setRefusal] = useState<Refusal>();
  const signOut = () => {
    setRefusal(undefined);
    session.signOut().catch((error: unknown) => setRefusal(asRefusal(error)));
  };
  return (
    <div className={classes.place}>
      <button type="button" className={classes.button} popoverTarget="user-menu">
        <span className={classes.initial} aria-hidden="true">
          {user.displayName.charAt(0).toUpperCase()}
        </span>
        <span className={classes.name}>{user.displayName}</span>
        <IconChevronDown size={16} aria-hidden="true" />
      </button>
      <div id="user-menu" popover="auto" className={classes.menu}>
        <div className={classes.who}>
          <strong>{user.displayName}</strong>
          <span>{user.email}</span>
        </div>
        <ColorSchemeChoice />
        <button
          type="button"
          className={classes.item}
          onClick={signOut}
          popoverTarget="user-menu"
          popoverTargetAction="hide"
        >
          <IconLogout size={18} aria-hidden="true" />
          {texts.signOut}
        </button>
      </div>
      {refusal !== undefined && (
        <SignOutFailure refusal={refusal} retry={signOut} close={() => setRefusal(undefined)} />
      )}
    </div>
  );
}
