import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode, Ref } from 'react';
import type { Refusal } from '../api/refusal.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import classes from './refusal-alert.module.css';
import { RetryTime } from './retry-time.tsx';

interface Props {
  refusal: Refusal;
  /** What to do about it, such as a button. */
  children?: ReactNode;
  ref?: Ref<HTMLDivElement>;
}

/** What an administrator needs to find it in the log. Only where the fault is not the reader's own. */
function RequestId({ requestId }: { requestId: string }) {
  return (
    <div className={classes.requestId}>
      <span>
        Request <code>{requestId}</code>
      </span>
      <CopyButton value={requestId} what="request id" />
    </div>
  );
}

/** What was refused and why, as the server or the connection told it. */
export function RefusalAlert({ refusal, children, ref }: Props) {
  const { title, detail, status, requestId, retryAt } = refusal;
  return (
    <div role="alert" tabIndex={-1} ref={ref} className={classes.alert}>
      <IconAlertTriangle size={20} aria-hidden="true" />
      <div className={classes.body}>
        <strong>{title}</strong>
        {detail !== undefined && <p>{detail}</p>}
        {retryAt !== undefined && <RetryTime at={retryAt} />}
        {status >= 500 && requestId !== undefined && <RequestId requestId={requestId} />}
        {children !== undefined && <div className={classes.action}>{children}</div>}
      </div>
    </div>
  );
}
