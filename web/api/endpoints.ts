// Where each call goes. In the pages nothing but this list is left of the contract: web/vite.config.ts puts it in the place
// of this file, so that no schema is loaded.
import type { Method } from '#contract/endpoint.ts';
import { endpoints } from '#contract/index.ts';

type Endpoints = (typeof endpoints)[number];

export type EndpointName = Endpoints['name'];
export type EndpointNamed<Name extends EndpointName> = Extract<Endpoints, { name: Name }>;

export interface Address {
  readonly method: Method;
  readonly path: string;
  /** Whether the call carries an access token. */
  readonly authorized: boolean;
}

export const addresses = Object.fromEntries(
  endpoints.map(({ name, method, path, access }) => [
    name,
    { method, path, authorized: access === 'session' || typeof access === 'object' },
  ]),
) as Readonly<Record<EndpointName, Address>>;
