import { describe, expect, it } from 'vitest';
import { endpoints } from '#contract/index.ts';
import { endpointAddresses } from '../vite.config.ts';
import { addresses } from './endpoints.ts';

describe('the addresses of the calls', () => {
  it('are those of the contract', () => {
    expect(Object.keys(addresses)).toEqual(endpoints.map(({ name }) => name));
    expect(addresses.changePassword).toEqual({ method: 'PATCH', path: '/api/auth/password', authorized: true });
    expect(addresses.logOut).toMatchObject({ authorized: false });
    expect(addresses.listRoles).toMatchObject({ authorized: true });
  });

  it('are the same in the built pages, where nothing else is left of the contract', () => {
    const load = endpointAddresses().load as (id: string) => { code: string } | undefined;
    const { code } = load('/anywhere/web/api/endpoints.ts') ?? { code: '' };
    expect(code).toBe(`export const addresses = ${JSON.stringify(addresses)};`);
    expect(load('/anywhere/web/api/call.ts')).toBeUndefined();
  });
});
