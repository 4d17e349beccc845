import { createContext, useContext } from 'react';
import type { Session } from '../state/session.ts';

/** The running session: seeking, playing, the scenario. Panels read the stores; what they do goes through this. */
export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('a component that uses the session stands outside its provider');
  return session;
}
