// Requests that arrive at a constant rate and wait for nobody: what has to wait for others is counted as waiting. A latency counts from when
// the request was due.
import { Agent, request } from 'node:http';
import { percentile } from './measure.ts';

export interface Outcome {
  status: number;
  ms: number;
  hasRetryAfter: boolean;
}

const agent = new Agent({ keepAlive: true, maxSockets: 2000 });

export function send(
  url: string,
  dueAt: number,
  body?: string,
  headers: Record<string, string> = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request(url, { method, agent, headers }, (response) => {
      response.resume().on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          ms: performance.now() - dueAt,
          hasRetryAfter: response.headers['retry-after'] !== undefined,
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** So many a second, for so long, whatever becomes of them. */
export async function arrive(
  perSecond: number,
  seconds: number,
  act: (index: number, dueAt: number) => Promise<Outcome>,
): Promise<Outcome[]> {
  const startedAt = performance.now();
  const running: Promise<Outcome>[] = [];
  const total = Math.round(perSecond * seconds);
  while (running.length < total) {
    const due = Math.min(total, Math.ceil(((performance.now() - startedAt) / 1000) * perSecond));
    while (running.length < due) running.push(act(running.length, startedAt + (running.length / perSecond) * 1000));
    await new Promise((resolve) => setTimeout(resolve, 2)); // what is due by then leaves together; latencies count from when it was due
  }
  return await Promise.all(running);
}

/** Milliseconds. */
export const percentile99 = (outcomes: readonly Outcome[]): number =>
  percentile(
    outcomes.map(({ ms }) => ms),
    0.99,
  );

export const closeConnections = (): void => agent.destroy();
