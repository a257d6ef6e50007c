/** Whose order it is, as people say it: `evenkeel:AI-1` gave it by itself, for an incident. */
export interface Owner {
  readonly words: string;
  /** The incident that it was given for. */
  readonly incident: string | undefined;
}

export function ownerOf(owner: string): Owner {
  const [, incident] = /^evenkeel:(.+)$/.exec(owner) ?? [];
  if (incident !== undefined) return { words: 'evenkeel', incident };
  const [, policy] = /^policy:(.+)$/.exec(owner) ?? [];
  return policy === undefined ? { words: owner, incident } : { words: `policy ${policy}`, incident };
}

/** A reason without the id that stands before it, and with the words of an action as words. */
export function reasonWords(reason: string): string {
  const [, rest] = /^AI-\S+: (.+)$/s.exec(reason) ?? [];
  return rest === undefined ? reason : rest.replaceAll('_', ' ');
}
