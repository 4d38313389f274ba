import { useEffect, useRef } from 'react';
import { Outlet, useLocation } from 'react-router';
import { session } from '../api/client.ts';
import { useSession } from '../api/use-session.ts';
import { OutagePage } from './outage-page.tsx';
import { Waiting } from './waiting.tsx';

/** People who hear or magnify pages notice that it is another one: its heading has the focus, and its top is in sight. */
function useFocusOnPageChange(): void {
  const { pathname } = useLocation();
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    window.scrollTo(0, 0);
    document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
  }, [pathname]);
}

/** Before any page: is somebody signed in here? */
export function Root() {
  const state = useSession();
  useFocusOnPageChange();
  useEffect(() => {
    if (session.state().phase === 'restoring') void session.restore();
  }, []);
  if (state.phase === 'restoring') return <Waiting />;
  if (state.phase === 'unreachable') return <OutagePage refusal={state.refusal} />;
  return <Outlet />;
}
