import { useTexts } from '../texts/use-texts.ts';
import { Mark } from '../ui/logo.tsx';
import classes from './waiting.module.css';

/** Until it is known who is there. Shows itself only where that takes longer than usual. */
export function Waiting() {
  const { frame, product } = useTexts();
  return (
    <main className={classes.waiting} aria-busy="true" aria-label={frame.loading}>
      <title>{product}</title>
      <Mark size={40} />
    </main>
  );
}
