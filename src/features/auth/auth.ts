import { createChangePassword } from './change-password.ts';
import { createLogIn } from './log-in.ts';
import { createLogOut } from './log-out.ts';
import type { AuthParts } from './parts.ts';
import { createRegistration } from './register.ts';

export interface Auth extends ReturnType<typeof createRegistration> {
  logIn: ReturnType<typeof createLogIn>;
  logOut: ReturnType<typeof createLogOut>;
  changePassword: ReturnType<typeof createChangePassword>;
}

export function createAuth(parts: AuthParts): Auth {
  return {
    ...createRegistration(parts),
    logIn: createLogIn(parts),
    logOut: createLogOut(parts),
    changePassword: createChangePassword(parts),
  };
}
