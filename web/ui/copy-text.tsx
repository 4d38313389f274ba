import { CopyButton } from './copy-button.tsx';
import classes from './copy-text.module.css';

interface Props {
  text: string;
  label: string;
  copiedLabel: string;
}

/** An id or another text that is copied rather than read. */
export function CopyText({ text, ...labels }: Props) {
  return (
    <span className={classes.text}>
      <code>{text}</code>
      <CopyButton value={text} {...labels} />
    </span>
  );
}
