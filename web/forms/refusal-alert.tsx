import type { ReactNode, Ref } from 'react';
import type { Refusal } from '../api/refusal.ts';
import { useTexts } from '../texts/use-texts.ts';
import { Alert } from '../ui/alert.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Sentence } from '../ui/sentence.tsx';
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
  const texts = useTexts().alert;
  return (
    <div className={classes.requestId}>
      <span>
        <Sentence>{texts.requestId(<code>{requestId}</code>)}</Sentence>
      </span>
      <CopyButton value={requestId} label={texts.copyRequestId} copiedLabel={texts.requestIdCopied} />
    </div>
  );
}

/** What was refused and why: in the server's words, or in ours where no server said anything. */
export function RefusalAlert({ refusal, children, ref }: Props) {
  const texts = useTexts();
  const { title, detail } = refusal.reason === undefined ? refusal : texts.refusals[refusal.reason];
  const { status, requestId, retryAt } = refusal;
  return (
    <Alert title={title} action={children} ref={ref}>
      {detail !== undefined && <p>{detail}</p>}
      {retryAt !== undefined && <RetryTime at={retryAt} />}
      {status >= 500 && requestId !== undefined && <RequestId requestId={requestId} />}
    </Alert>
  );
}
