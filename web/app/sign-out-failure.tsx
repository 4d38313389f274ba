import { Button } from '@mantine/core';
import type { Refusal } from '../api/refusal.ts';
import { RefusalAlert } from '../forms/refusal-alert.tsx';
import classes from './sign-out-failure.module.css';

interface Props {
  refusal: Refusal;
  retry: () => void;
  close: () => void;
}

/** Only the server can end a session: to say "signed out" without it would be a lie. */
export function SignOutFailure({ refusal, retry, close }: Props) {
  return (
    <div className={classes.place}>
      <RefusalAlert refusal={refusal}>
        <p>You are still signed in.</p>
        <div className={classes.buttons}>
          <Button variant="default" onClick={retry}>
            Sign out again
          </Button>
          <Button variant="subtle" color="gray" onClick={close}>
            Stay signed in
          </Button>
        </div>
      </RefusalAlert>
    </div>
  );
}
