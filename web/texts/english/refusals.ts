import type { Formats } from '../formats.ts';
import type { Sentence } from '../sentence.ts';

/** What went wrong where no server said it. */
export const refusals = {
  'no-answer': { title: 'The server cannot be reached', detail: 'Check your connection, then try again.' },
  'other-answer': {
    title: 'The server cannot be reached',
    detail: 'The answer did not come from Gatehouse. Try again in a moment.',
  },
  'page-fault': {
    title: 'Something went wrong on this page',
    detail: 'Reload the page. If this happens again, tell your administrator.',
  },
  'signed-out': { title: 'Sign in to continue', detail: undefined },
};

export const alert = ({ count }: Formats) => ({
  tryAgain: 'Try again',
  requestId: <Piece>(id: Piece): Sentence<Piece> => ['Request ID ', id],
  copyRequestId: 'Copy request ID',
  requestIdCopied: 'Request ID copied',
  retryInSeconds: (seconds: number) =>
    count(seconds, { one: 'Try again in # second.', other: 'Try again in # seconds.' }),
  retryInMinutes: (minutes: number) =>
    count(minutes, { one: 'Try again in # minute.', other: 'Try again in # minutes.' }),
  retryNow: 'You can try again now.',
});
