import { Button } from '@mantine/core';
import type { Refusal } from '../api/refusal.ts';
import { RefusalAlert } from '../forms/refusal-alert.tsx';
import { useTexts } from '../texts/use-texts.ts';
import classes from './sign-out-failure.module.css';

interface Props {
  refusal: Refusal;
  retry: () => void;
  close: () => void;
}

/** Only the server can end a session: to say "signed out" without it would be a lie. */
export function SignOutFailure({ refusal, retry, close }: Props) {
  const texts = useTexts().signOutFailed;
  return (
    <div className={classes.place}>
      <RefusalAlert refusal={refusal}>
        <p>{texts.stillSignedIn}</p>
        <div className={classes.buttons}>
          <Button variant="default" onClick={retry}>
            {texts.tryAgain}
          </Button>
          <Button variant="subtle" color="gray" onClick={close}>
            {texts.staySignedIn}
          </Button>
        </div>
      </RefusalAlert>
    </div>
  );
}
