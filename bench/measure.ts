// The machine is noisy: two things are measured in turn, several times, and the median of the paired ratios is what counts.
import autocannon from 'autocannon';

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** @param share from 0 to 1 */
export function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;
}

export interface Rounds {
  ratio: number;
  ratios: number[];
  first: number;
  second: number;
}

/** Runs both in turn; which one goes first alternates. */
export async function paired(
  rounds: number,
  first: () => Promise<number>,
  second: () => Promise<number>,
): Promise<Rounds> {
  const pairs: [number, number][] = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) {
      const a = await first();
      pairs.push([a, await second()]);
    } else {
      const b = await second();
      pairs.push([await first(), b]);
    }
  }
  const ratios = pairs.map(([a, b]) => a / b);
  return {
    ratio: median(ratios),
    ratios,
    first: median(pairs.map(([a]) => a)),
    second: median(pairs.map(([, b]) => b)),
  };
}

/** Requests a second that were answered 200; anything else is an error of the bench. */
export async function requestsPerSecond(
  url: string,
  seconds: number,
  headers: Record<string, string> = {},
): Promise<number> {
  const result = await autocannon({ url, duration: seconds, connections: 16, headers });
  const wrong = result.non2xx + result.errors + result.timeouts;
  if (wrong > 0) throw new Error(`${wrong} of ${result.requests.total} requests to ${url} failed`);
  return result.requests.average;
}

/** Runs the act over and over in so many parallel lanes; resolves with how many were done in a second. */
export async function actsPerSecond(seconds: number, lanes: readonly (() => Promise<void>)[]): Promise<number> {
  const startedAt = performance.now();
  const until = startedAt + seconds * 1000;
  let done = 0;
  await Promise.all(
    lanes.map(async (act) => {
      while (performance.now() < until) {
        await act();
        done += 1;
      }
    }),
  );
  return (done * 1000) / (performance.now() - startedAt);
}
