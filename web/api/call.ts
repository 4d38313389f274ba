// A call is an endpoint's name and its input; types come from the contract, the address from the list of endpoints.
import type { CallInput, ReceivedOf } from '#contract/endpoint.ts';
import type { Address, EndpointName, EndpointNamed } from './endpoints.ts';
import { isRefusal } from './refusal.ts';
import type { Answer, Request, RequestInput } from './request.ts';
import type { Session } from './session.ts';

/** What a call carries, of the calls that have a body. */
export type Sent<Name extends EndpointName> =
  CallInput<EndpointNamed<Name>> extends { body: infer Body } ? Body : never;

/** What a call is answered with. */
export type Received<Name extends EndpointName> = ReceivedOf<EndpointNamed<Name>>['body'];

export interface CallOptions {
  signal?: AbortSignal;
}

/** @throws Refusal */
export type Call = <Name extends EndpointName>(
  name: Name,
  input: CallInput<EndpointNamed<Name>>,
  options?: CallOptions,
) => Promise<ReceivedOf<EndpointNamed<Name>>>;

interface Parts {
  addresses: Readonly<Record<EndpointName, Address>>;
  request: Request;
  session: Pick<Session, 'credential' | 'renewAfter'>;
}

export function createCall({ addresses, request, session }: Parts): Call {
  /** A token that is refused although it should be fresh (a key was revoked, the clock was set) is renewed once. */
  async function authorized(address: Address, input: RequestInput, options: CallOptions): Promise<Answer> {
    const credential = await session.credential();
    try {
      return await request(address, input, { ...options, token: credential.token });
    } catch (error) {
      if (!isRefusal(error, 'invalid-token')) throw error;
      const { token } = await session.renewAfter(credential, error);
      return await request(address, input, { ...options, token });
    }
  }

  const call = (name: EndpointName, input: RequestInput, options: CallOptions = {}): Promise<Answer> => {
    const address = addresses[name];
    return address.authorized ? authorized(address, input, options) : request(address, input, options);
  };
  // The server checks its answers against the contract (http/validate.ts); checking them again here would load every schema.
  return call as Call;
}
