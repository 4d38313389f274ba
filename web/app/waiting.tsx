import { Mark } from '../ui/logo.tsx';
import classes from './waiting.module.css';

/** Until it is known who is there. Shows itself only where that takes longer than usual. */
export function Waiting() {
  return (
    <main className={classes.waiting} aria-busy="true" aria-label="Loading">
      <title>Gatehouse</title>
      <Mark size={40} />
    </main>
  );
}
