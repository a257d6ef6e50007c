/** What somebody may wait for a change of. */
export type Topic = 'rollups' | 'directives' | 'documents' | 'outbox' | 'facts';

export const TOPICS: readonly Topic[] = ['rollups', 'directives', 'documents', 'outbox', 'facts'];
