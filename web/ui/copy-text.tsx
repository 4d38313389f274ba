import { CopyButton } from './copy-button.tsx';
import classes from './copy-text.module.css';

/** An id or another text that is copied rather than read. */
export function CopyText({ text, what }: { text: string; what: string }) {
  return (
    <span className={classes.text}>
      <code>{text}</code>
      <CopyButton value={text} what={what} />
    </span>
  );
}
