// The shape of one endpoint. An endpoint is a value: the route, the checks in both directions, the access rule,
// the OpenAPI document and the browser's typed call are all made from it.
import type { $ZodType, input, output } from 'zod/v4/core';
import type { ProblemName } from './problem.ts';
import type { Permission } from './permissions.ts';
import type { EndpointQuota } from './quota.ts';
import type { AnsweredBody, AnswerShape, BodyShape, ParsedBody, ReceivedBody, SentBody } from './shapes.ts';

/**
 * Who may call. There is no default.
 *  - `public`      anyone
 *  - `credential`  the request carries its own credential (refresh token, session cookie, set-up secret), and the rule checks it; a bearer token that is no good counts as none
 *  - `session`     a user who is signed in; what it touches is the caller's own
 *  - `{ permission }`  a principal whose roles permit it
 *  - `configured`  decided by configuration (the API reference: public, signed-in or off)
 */
export type Access = 'public' | 'credential' | 'session' | 'configured' | { readonly permission: Permission };

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

export interface Endpoint {
  /** operationId: a verb and its object. */
  readonly name: string;
  readonly method: Method;
  /** Express 5 path; parameters as `:id`. */
  readonly path: `/${string}`;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  readonly access: Access;
  /** Which quota policies count it. There is no default. */
  readonly quota: EndpointQuota;
  readonly params?: $ZodType;
  readonly query?: $ZodType;
  readonly body?: BodyShape;
  readonly answers: { readonly [status: number]: AnswerShape };
  /** What this endpoint's own rule can refuse with; what every request can meet is added by `openapi.ts`. */
  readonly problems: readonly ProblemName[];
}

/** Keeps the literal types of the value, so that the call in the browser and the handler on the server are typed by it. */
export function defineEndpoint<const E extends Endpoint>(endpoint: E): E {
  return endpoint;
}

type Shape<E, K extends 'params' | 'query'> = E extends { readonly [P in K]: infer S extends $ZodType } ? S : undefined;
type Parsed<S> = S extends $ZodType ? output<S> : undefined;
type Sent<S> = S extends $ZodType ? input<S> : undefined;
type Body<E> = E extends { readonly body: infer B extends BodyShape } ? B : undefined;

/** What a handler is given, after the checks. */
export interface ParsedInput<E extends Endpoint> {
  params: Parsed<Shape<E, 'params'>>;
  query: Parsed<Shape<E, 'query'>>;
  body: ParsedBody<Body<E>>;
}

/** What a caller sends: only the parts that the endpoint has. */
export type CallInput<E extends Endpoint> = {
  [K in 'params' | 'query' as Shape<E, K> extends $ZodType ? K : never]: Sent<Shape<E, K>>;
} & (Body<E> extends BodyShape ? { body: SentBody<Body<E>> } : unknown);

/** What a handler may answer: one of the declared statuses with its body. */
export type AnswerOf<E extends Endpoint> = {
  [Status in keyof E['answers'] & number]: {
    status: Status;
    body: AnsweredBody<E['answers'][Status]>;
    headers?: Record<string, string>;
  };
}[keyof E['answers'] & number];

/** What a caller receives. */
export type ReceivedOf<E extends Endpoint> = {
  [Status in keyof E['answers'] & number as E['answers'][Status] extends 'redirect' ? never : Status]: {
    status: Status;
    body: ReceivedBody<E['answers'][Status]>;
  };
} extends infer Received
  ? Received[keyof Received]
  : never;
