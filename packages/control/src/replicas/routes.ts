import { noQuery, type Route, read } from '../api/route.ts';
import type { ReplicaBoard } from './board.ts';

export function replicaRoutes(board: ReplicaBoard): readonly Route[] {
  return [
    read({
      path: '/api/v1/replicas',
      role: 'viewer',
      tag: 'services',
      summary: 'Replicas that report, and those that have fallen silent.',
      query: noQuery,
      handle: () => ({ replicas: board.replicas() }),
    }),
  ];
}
