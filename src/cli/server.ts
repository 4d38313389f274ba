// How the operator's command calls the server that runs on this machine.
import { request } from 'node:http';
import type { Endpoint, ReceivedOf } from '#contract/endpoint.ts';
import { fillPath, PathError } from '#contract/path.ts';
import type { PathInput } from '#contract/path.ts';
import type { ProblemBody } from '#contract/problem-body.ts';
import { createOperatorCredential } from '../composition/index.ts';
import { serverHost, serverUrl } from './address.ts';
import { CommandError } from './run.ts';
import type { Config } from '../config/index.ts';

const PATIENCE_MS = 5_000;

/** Which server, and what the time is. */
export interface Target {
  config: Config;
  now: number;
}

interface Answered {
  status: number;
  body: unknown;
}

/** @throws Error where nobody answers */
function send({ config, now }: Target, method: string, path: string, body: unknown): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const headers = {
    // By the public name, which need not lead here.
    Host: new URL(config.publicUrl).host,
    Authorization: `Bearer ${createOperatorCredential(config, now)}`,
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
  };
  const { port } = config;
  const sent = request({ host: serverHost(config), port, method, path, headers, timeout: PATIENCE_MS }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (part: string) => (text += part));
    response.on('end', () => {
      try {
        resolve({ status: response.statusCode ?? 0, body: text === '' ? undefined : (JSON.parse(text) as unknown) });
      } catch (error) {
        reject(error);
      }
    });
  });
  sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
  sent.on('error', reject);
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

export type AnswerTo<E extends Endpoint> = Extract<ReceivedOf<E>, { status: 200 }>['body'];

interface Input extends PathInput {
  body?: unknown;
}

/**
 * Calls the running server as its operator.
 * @throws CommandError with the reason, in words
 */
export async function callServer<E extends Endpoint>(
  target: Target,
  endpoint: E,
  input: Input = {},
): Promise<AnswerTo<E>> {
  let answered: Answered;
  try {
    answered = await send(target, endpoint.method, fillPath(endpoint.path, input), input.body);
  } catch (error) {
    if (error instanceof PathError) throw new CommandError(error.message, { cause: error });
    const address = serverUrl(target.config);
    throw new CommandError(
      `no server of Gatehouse answers at ${address} (PORT and HOST name it). What is counted is known to running servers only.`,
      { cause: error },
    );
  }
  if (answered.status < 300) return answered.body as AnswerTo<E>;
  const {
    title = `the server answered ${answered.status}`,
    detail,
    errors,
  } = (answered.body ?? {}) as Partial<ProblemBody>;
  if (answered.status === 401)
    throw new CommandError(
      'the running server has another APP_SECRET than this command: it does not take it for its operator.',
    );
  throw new CommandError([title, detail, ...(errors ?? []).map((fault) => fault.detail)].filter(Boolean).join('. '));
}
