import type { Formats } from '../formats.ts';

const profile = {
  title: 'Profile',
  username: 'User name',
  displayName: 'Display name',
  email: 'E-mail address',
  verified: 'Verified',
  notVerified: 'Not verified',
  roles: 'Roles',
  noRoles: 'None',
  memberSince: 'Member since',
  userId: 'User ID',
  copyUserId: 'Copy user ID',
  userIdCopied: 'User ID copied',
};

const session = {
  title: 'This session',
  device: 'Device',
  /** @param browser with its version */
  browserOn: (browser: string, system: string) => `${browser} on ${system}`,
  unknownDevice: 'Unknown device',
  address: 'IP address',
  signedIn: 'Signed in',
  lastUsed: 'Last used',
  expires: 'Expires',
};

const permissions = ({ list }: Formats) => ({
  title: 'Permissions',
  none: 'You can manage your own account and nothing else. An administrator can give you a role.',
  list,
  subjects: {
    users: 'Users',
    roles: 'Roles',
    sessions: 'Sessions',
    keys: 'API keys',
    audit: 'Audit log',
    limits: 'Rate limits',
    files: 'Files',
    settings: 'Settings',
  },
  actions: {
    create: 'create',
    read: 'read',
    update: 'update',
    delete: 'delete',
    terminate: 'terminate',
    revoke: 'revoke',
    export: 'export',
    manage: 'manage',
  },
});

export const account = (formats: Formats) => ({
  title: 'Account',
  lead: 'Your profile, this session, and your permissions.',
  profile,
  session,
  permissions: permissions(formats),
});

export const changePassword = {
  title: 'Password',
  lead: 'Changing your password signs you out of all other sessions.',
  cardTitle: 'Change password',
  current: 'Current password',
  enterCurrent: 'Enter your current password.',
  new: 'New password',
  submit: 'Change password',
  changed: 'Password changed. All your other sessions have been signed out.',
};
