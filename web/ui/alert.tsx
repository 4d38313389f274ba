import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode, Ref } from 'react';
import classes from './alert.module.css';

interface Props {
  title: string | undefined;
  children?: ReactNode;
  /** What to do about it, such as a button. */
  action?: ReactNode;
  ref?: Ref<HTMLDivElement> | undefined;
}

/** Something that went wrong. Read out when it appears. */
export function Alert({ title, children, action, ref }: Props) {
  return (
    <div role="alert" tabIndex={-1} ref={ref} className={classes.alert}>
      <IconAlertTriangle size={20} aria-hidden="true" />
      <div className={classes.body}>
        <strong>{title}</strong>
        {children}
        {action !== undefined && <div className={classes.action}>{action}</div>}
      </div>
    </div>
  );
}
