// Constant arrival: a request every so many milliseconds, whether the former ones have been answered or not, so that a pause of
// the server is seen as many slow or failed requests and not as one.
import { Agent, request } from 'node:http';

export interface Visit {
  name: string;
  path: string;
  method?: 'GET' | 'POST';
  fields?: Record<string, string>;
  body?: string;
}

export interface Report {
  requests: number;
  /** Anything but the 200 that each of these requests is owed; with what happened instead, and how often. */
  failures: number;
  causes: Record<string, number>;
  seconds: number;
  p50: number;
  p99: number;
  slowest: number;
}

interface Options {
  port: number;
  perSecond: number;
  /** In turn. */
  visits: readonly Visit[];
}

const REQUEST_MS = 20_000;

/** Resolves with the status, once the whole body has come; rejects where the connection or the body was cut. */
function visit(port: number, agent: Agent, { path, method = 'GET', fields = {}, body = '' }: Visit): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      Host: `localhost:${port}`,
      ...(body && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
      ...fields,
    };
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent, timeout: REQUEST_MS }, (response) => {
      response.once('error', reject).once('aborted', () => reject(new Error('body cut')));
      response.once('end', () => resolve(response.statusCode ?? 0)).resume();
    });
    sent.once('timeout', () => sent.destroy(new Error('no answer')));
    sent.once('error', (error: NodeJS.ErrnoException) => {
      const where = sent.reusedSocket ? ' on a kept connection' : '';
      reject(new Error((error.code ?? error.message) + where));
    });
    sent.end(body);
  });
}

const at = (sorted: readonly number[], share: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);

export function startLoad({ port, perSecond, visits }: Options): { stop(): Promise<Report> } {
  // Every other request on a connection of its own, the others on kept ones, as from an edge in front of the proxy.
  const agents = [new Agent({ keepAlive: true, maxSockets: 64 }), new Agent({ keepAlive: false })];
  const times: number[] = [];
  const causes: Record<string, number> = {};
  const running = new Set<Promise<void>>();
  const begin = performance.now();
  let started = 0;

  function one(index: number): void {
    const what = visits[index % visits.length] as Visit;
    const agent = agents[Math.floor(index / visits.length) % 2] as Agent;
    const since = performance.now();
    const count = (cause: string): void =>
      void (causes[`${what.name}: ${cause}`] = (causes[`${what.name}: ${cause}`] ?? 0) + 1);
    const done = visit(port, agent, what)
      .then((status) => {
        times.push(performance.now() - since);
        if (status !== 200) count(String(status));
      })
      .catch((error: Error) => count(error.message))
      .finally(() => running.delete(done));
    running.add(done);
  }

  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begin) / 1000) * perSecond);
    for (; started < due; started += 1) one(started);
  }, 1000 / perSecond);

  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(running);
      for (const agent of agents) agent.destroy();
      const sorted = times.toSorted((one_, other) => one_ - other);
      return {
        requests: started,
        failures: Object.values(causes).reduce((sum, number) => sum + number, 0),
        causes,
        seconds: Math.round((performance.now() - begin) / 1000),
        p50: at(sorted, 0.5),
        p99: at(sorted, 0.99),
        slowest: at(sorted, 1),
      };
    },
  };
}
