// The roles that exist. Custom ones come with the console.
import { builtInRoleNames, builtInRoles } from '#contract/permissions.ts';
import { listRoles } from '#contract/roles.ts';
import { answer, route } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';

export function createRoleRoutes(): Route[] {
  const roles = builtInRoleNames.map((name) => ({
    name,
    ...builtInRoles[name],
    permissions: [...builtInRoles[name].permissions],
  }));
  return [route(listRoles, async () => answer(200, { roles }))];
}
