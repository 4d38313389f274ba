export interface PermissionGroup {
  /** What the permissions are about, such as "files". */
  subject: string;
  actions: string[];
}

/** `files:read`, `files:create` → files: read, create. In the order in which they came. */
export function groupPermissions(permissions: readonly string[]): PermissionGroup[] {
  const groups = new Map<string, string[]>();
  for (const permission of permissions) {
    const [subject = permission, action] = permission.split(':');
    const actions = groups.get(subject) ?? [];
    groups.set(subject, action === undefined ? actions : [...actions, action]);
  }
  return [...groups].map(([subject, actions]) => ({ subject, actions }));
}
