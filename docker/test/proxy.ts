// The proxy of docker-compose.yml as it is, before upstream.ts and the real pages.
import { afterAll, beforeAll } from 'vitest';
import { send } from './http.ts';
import type { Answer, Sending } from './http.ts';
import { makeStack } from './stack.ts';
import type { Stack } from './stack.ts';
import type { Echo, Wish } from './upstream.ts';

export const PROXY_FILES = ['docker-compose.yml', 'docker/test/upstream.yml'];

export interface Proxy {
  readonly stack: Stack;
  readonly port: number;
  send(line: string, sending?: Sending): Promise<Answer>;
  /** What reached the upstream. */
  echo(line?: string, sending?: Sending): Promise<Echo>;
}

interface Settings {
  label: string;
  /** From what is known of the stack before it starts. */
  env?: (stack: Stack) => Record<string, string>;
  replicas?: number;
}

/** The field by which a request tells upstream.ts what to do. */
export const wish = (what: Wish): string => `X-Stub: ${JSON.stringify(what)}`;

/** Starts it before all tests of a file (or a `describe`), and takes it down after them. */
export function useProxy({ label, env = () => ({}), replicas = 1 }: Settings): Proxy {
  let stack: Stack | undefined;
  const get = (): Stack => {
    if (stack === undefined) throw new Error('the stack has not been started');
    return stack;
  };

  beforeAll(async () => {
    stack = await makeStack(label, { files: PROXY_FILES });
    await stack.compose(['up', '--detach', '--wait', '--scale', `backend=${replicas}`], { env: env(stack) });
  });
  afterAll(() => stack?.down());

  return {
    get stack() {
      return get();
    },
    get port() {
      return get().port;
    },
    send: (line, sending) => send(get().port, line, sending),
    echo: async (line = 'GET /api/echo', sending) => {
      const answer = await send(get().port, line, sending);
      if (answer.status !== 200) throw new Error(`${line}: ${answer.status} ${answer.text}`);
      return JSON.parse(answer.text) as Echo;
    },
  };
}
