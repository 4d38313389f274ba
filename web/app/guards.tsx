// Who may see which pages. The server decides what anybody may do; this only shows people the page that is of use to them.
import { Navigate, Outlet, useLocation } from 'react-router';
import { pages } from '#contract/pages.ts';
import { useSession } from '../api/use-session.ts';
import { nextPath, signInPath } from './next-path.ts';

/** After signing out one is done here; a session that ended by itself leads back to where it ended. */
export function SignedInOnly() {
  const state = useSession();
  const location = useLocation();
  // Another person begins with an empty page, not with what was typed before.
  if (state.phase === 'signed-in') return <Outlet key={state.user.id} />;
  const isDone = state.phase === 'signed-out' && (state.because === 'here' || state.because === 'elsewhere');
  return <Navigate to={isDone ? pages.signIn : signInPath(location)} replace />;
}

export function SignedOutOnly() {
  const state = useSession();
  const { search } = useLocation();
  return state.phase === 'signed-in' ? <Navigate to={nextPath(search)} replace /> : <Outlet />;
}
