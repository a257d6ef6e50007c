import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Session } from '../api/wire.ts';

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session | undefined {
  return useContext(SessionContext);
}

const RANK = { viewer: 0, operator: 1, admin: 2 } as const;

/** Whether whoever looks may do what needs a role. The API decides again; this only says beforehand. */
export function useMay(role: Session['role']): boolean {
  const session = useSession();
  return session !== undefined && RANK[session.role] >= RANK[role];
}
