import { expect, it } from 'vitest';
import { groupPermissions } from './permissions.ts';

it('puts permissions on one subject together', () => {
  expect(groupPermissions(['users:read', 'files:create', 'users:update', 'odd'])).toEqual([
    { subject: 'users', actions: ['read', 'update'] },
    { subject: 'files', actions: ['create'] },
    { subject: 'odd', actions: [] },
  ]);
  expect(groupPermissions([])).toEqual([]);
});
