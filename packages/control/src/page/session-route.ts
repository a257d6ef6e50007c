import { noQuery, type Route, read } from '../api/route.ts';

/** Whether a role may do something, decided here and nowhere else: the page asks instead of trying. */
export function sessionRoute(routes: readonly Route[], version: string): Route {
  const nouns = new Set<string>();
  for (const { path } of routes) {
    const [, noun] = /^\/api\/v1\/([\w-]+)$/.exec(path) ?? [];
    if (noun !== undefined) nouns.add(noun);
  }
  return read({
    path: '/api/v1/session',
    role: 'viewer',
    tag: 'process',
    summary: 'Who calls, what that key may do, and which nouns this version has.',
    query: noQuery,
    handle: (_, { caller, headers }) => ({
      name: caller.name,
      role: caller.role,
      signedIn: headers.get('authorization') !== null,
      version,
      nouns: [...nouns].sort(),
    }),
  });
}
