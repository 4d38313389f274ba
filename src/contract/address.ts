// Where a call goes and how it is written: all that a page has of the contract when it runs.
import type { Endpoint, Method } from './endpoint.ts';
import { bodyOf } from './shapes.ts';

export interface Address {
  readonly method: Method;
  readonly path: string;
  /** Whether the call carries an access token. */
  readonly authorized: boolean;
  /** How the body is written; JSON where nothing is said. */
  readonly body?: 'form' | 'multipart';
  /** How the answer is read; JSON where nothing is said. */
  readonly answer?: 'text' | 'bytes';
}

function answerOf({ answers }: Endpoint): Address['answer'] {
  const shapes = Object.values(answers);
  if (shapes.some((shape) => typeof shape === 'object' && 'kind' in shape)) return 'bytes';
  return shapes.some((shape) => typeof shape === 'string' && shape.startsWith('text/')) ? 'text' : undefined;
}

export function addressOf(endpoint: Endpoint): Address {
  const { method, path, access, body } = endpoint;
  const kind = body === undefined ? 'json' : bodyOf(body).kind;
  const answer = answerOf(endpoint);
  return {
    method,
    path,
    authorized: access === 'session' || typeof access === 'object',
    ...(kind !== 'json' && { body: kind }),
    ...(answer !== undefined && { answer }),
  };
}

/** By the names of the endpoints. */
export const addressesOf = (endpoints: readonly Endpoint[]): Record<string, Address> =>
  Object.fromEntries(endpoints.map((endpoint) => [endpoint.name, addressOf(endpoint)]));
