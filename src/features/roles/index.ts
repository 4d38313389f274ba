// The roles that exist. Custom ones come with the console.
import { builtInRoleNames, builtInRoles } from '#contract/permissions.ts';
import { listRoles } from '#contract/roles.ts';
import { answer, route } from '../../http/route.ts';
import type { Feature } from '../feature.ts';

export function createRoles(): Feature {
  const roles = builtInRoleNames.map((name) => ({
    name,
    ...builtInRoles[name],
    permissions: [...builtInRoles[name].permissions],
  }));
  return { routes: [route(listRoles, async () => answer(200, { roles }))] };
}
