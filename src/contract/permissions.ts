// Permissions are data with a literal type, so that a typo does not compile. Code asks for permissions, never for roles.

export const permissions = [
  'users:read',
  'users:create',
  'users:update',
  'users:delete',
  'roles:read',
  'roles:update',
  'sessions:read',
  'sessions:terminate',
  'keys:read',
  'keys:revoke',
  'audit:read',
  'audit:export',
  'limits:read',
  'limits:update',
  'files:create',
  'files:read',
  'files:delete',
  'files:manage',
  'settings:read',
  'settings:update',
] as const;

export type Permission = (typeof permissions)[number];

export const builtInRoleNames = ['admin', 'user', 'guest'] as const;

export type BuiltInRole = (typeof builtInRoleNames)[number];

interface RoleDefinition {
  description: string;
  permissions: readonly Permission[];
}

/** The roles every installation has. `files:*` of the role user concern one's own files only. */
export const builtInRoles: Readonly<Record<BuiltInRole, RoleDefinition>> = {
  admin: { description: 'Runs this installation: may do everything.', permissions },
  user: {
    description: 'A signed-in person: their own profile, sessions, keys and files.',
    permissions: ['files:create', 'files:read', 'files:delete'],
  },
  guest: { description: 'May look at what is public, and change nothing.', permissions: [] },
};

function isBuiltInRole(name: string): name is BuiltInRole {
  return Object.hasOwn(builtInRoles, name);
}

/** The union of what the roles permit. A role nobody knows (any more) permits nothing. */
export function permissionsOf(roles: readonly string[]): ReadonlySet<Permission> {
  return new Set(roles.filter(isBuiltInRole).flatMap((role) => builtInRoles[role].permissions));
}
