// What stands around the pages, and in their place.

export const frame = {
  loading: 'Loading',
  noScript: 'Gatehouse needs JavaScript. Turn it on for this site, then reload the page.',
  skipToContent: 'Skip to content',
  navigation: 'Navigation',
  mainNavigation: 'Main',
  appearance: 'Appearance',
  colorSchemes: { light: 'Light', dark: 'Dark', auto: 'System' },
  signOut: 'Sign out',
};

export const signOutFailed = {
  stillSignedIn: 'You are still signed in.',
  tryAgain: 'Try again',
  staySignedIn: 'Stay signed in',
};

export const notFound = {
  title: 'Page not found',
  lead: 'The address may be wrong, or the page may no longer exist.',
  toAccount: 'Go to your account',
};

export const brokenPage = {
  title: 'This page cannot be shown',
  missingPart:
    'Part of the page could not be loaded. The connection may be down, or Gatehouse may just have been updated.',
  reload: 'Reload the page',
};

export const outage = {
  title: 'Gatehouse is not available',
  lead: 'This page keeps trying, and continues as soon as Gatehouse responds.',
  tryAgain: 'Try again',
};
