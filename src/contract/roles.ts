// Roles and what they permit.
import * as z from 'zod/mini';
import { defineEndpoint } from './endpoint.ts';
import { permissions } from './permissions.ts';

export const role = z
  .object({ name: z.string(), description: z.string(), permissions: z.array(z.enum(permissions)) })
  .register(z.globalRegistry, { id: 'Role' });

export const listRoles = defineEndpoint({
  name: 'listRoles',
  method: 'GET',
  path: '/api/roles',
  tag: 'Roles',
  summary: 'List the roles',
  description: 'Every role with the permissions it gives.',
  access: { permission: 'roles:read' },
  quota: 'general',
  answers: { 200: z.object({ roles: z.array(role) }) },
  problems: [],
});

export const roleEndpoints = [listRoles] as const;
