// Where each call goes. In the pages nothing but this list is left of the contract: web/vite.config.ts puts it in the place
// of this file, so that no schema is loaded.
import { addressesOf } from '#contract/address.ts';
import type { Address } from '#contract/address.ts';
import type { ReceivedOf } from '#contract/endpoint.ts';
import { endpoints } from '#contract/index.ts';

export type { Address } from '#contract/address.ts';

type Endpoints = (typeof endpoints)[number];

/** A redirect is followed by the browser: nobody calls an endpoint that answers nothing else. */
type Callable<E extends Endpoints> = E extends unknown ? ([ReceivedOf<E>] extends [never] ? never : E) : never;

export type EndpointName = Callable<Endpoints>['name'];
export type EndpointNamed<Name extends EndpointName> = Extract<Endpoints, { name: Name }>;

export const addresses = addressesOf(endpoints) as Readonly<Record<EndpointName, Address>>;
