// Failed sign-ins, counted by account over all addresses, spellings and replicas; a device that the owner has used counts apart.
export { createSignInThrottle } from './throttle.ts';
export type { Attempt, BlockedLane, SignInThrottle } from './throttle.ts';
