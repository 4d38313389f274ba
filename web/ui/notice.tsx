import { IconCircleCheck, IconInfoCircle } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import classes from './notice.module.css';

interface Props {
  tone?: 'done' | 'note';
  /** Where what was used to get here is gone, such as a form that is empty again. */
  takesFocus?: boolean;
  children: ReactNode;
}

/** Something worth knowing that is no fault. Read out when it appears. */
export function Notice({ tone = 'note', takesFocus = false, children }: Props) {
  const ref = useRef<HTMLOutputElement>(null);
  useEffect(() => {
    if (takesFocus) ref.current?.focus();
  }, [takesFocus]);
  return (
    <output ref={ref} tabIndex={-1} className={classes.notice} data-tone={tone}>
      {tone === 'done' ? <IconCircleCheck size={20} /> : <IconInfoCircle size={20} />}
      <span>{children}</span>
    </output>
  );
}
