import type { Sentence, Wrap } from '../sentence.ts';

export const signIn = {
  title: 'Sign in',
  identifier: 'User name or e-mail address',
  enterIdentifier: 'Enter your user name or e-mail address.',
  enterPassword: 'Enter your password.',
  submit: 'Sign in',
  /** Why nobody is signed in any more. */
  signedOut: {
    here: 'You are signed out.',
    elsewhere: 'You signed out in another tab.',
    ended: 'Your session has expired. Sign in again to continue.',
  },
  noAdministrator:
    'This installation has no administrator yet. To create one, open the set-up link that the server printed when it started.',
  newHere: <Piece>(link: Wrap<Piece>): Sentence<Piece> => ['New here? ', link('Sign up')],
};

export const signUp = {
  title: 'Sign up',
  submit: 'Sign up',
  closed: 'Only administrators can create accounts on this installation. Ask one of them for an account.',
  haveAccount: <Piece>(link: Wrap<Piece>): Sentence<Piece> => ['Already have an account? ', link('Sign in')],
};

export const setUp = {
  title: 'Set up Gatehouse',
  lead: 'Create the first administrator account. You will be signed in to it.',
  submit: 'Create administrator',
  toSignIn: 'Go to sign-in',
  alreadySetUp: <Piece>(command: Piece, inContainers: Piece): Sentence<Piece> => [
    'This installation already has an administrator. If nobody can sign in as one, create a recovery link on the server: run ',
    command,
    ', or ',
    inContainers,
    ' in containers.',
  ],
  openTheLink: 'To create the first administrator account, open the set-up link. It works once, within 30 minutes.',
  whereTitle: 'Where to find the link',
  where: <Piece>(file: Piece): Sentence<Piece> => [
    'The server prints the link when it starts, and writes it to the file ',
    file,
    ' in its data folder. A deployment prints it when it migrates the database.',
  ],
  anotherTitle: 'How to get a new link',
  another: <Piece>(command: Piece, inContainers: Piece): Sentence<Piece> => [
    'Run ',
    command,
    ' on the server, or ',
    inContainers,
    ' in containers. Earlier links stop working.',
  ],
};
