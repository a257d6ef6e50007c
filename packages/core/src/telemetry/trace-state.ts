/** One member of `tracestate`: a vendor's key and its opaque value. */
export interface TraceStateMember {
  readonly key: string;
  readonly value: string;
}

/** Members at most (W3C Trace Context, section 3.3.1.1). */
const MOST_MEMBERS = 32;
/** Characters that a list should at least be passed on with (section 3.3.1.5). */
const LONGEST = 512;
/** Longer headers are not even looked at. */
const LONGEST_READ = 8_192;
const KEY = /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/;
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/**
 * Reads `tracestate` (several headers joined by commas are one list). Where one member is wrong, is there twice, or there
 * are more than 32, nothing of it is believed, as the recommendation has it: the list is empty then.
 */
export function parseTracestate(header: string | undefined): readonly TraceStateMember[] {
  if (header === undefined || header.length > LONGEST_READ) return [];
  const members: TraceStateMember[] = [];
  const seen = new Set<string>();
  for (const part of header.split(',')) {
    const text = part.replace(/^[ \t]+/, '');
    if (text.trim() === '') continue;
    const at = text.indexOf('=');
    const key = text.slice(0, Math.max(0, at));
    const value = text.slice(at + 1).trimEnd();
    if (at < 0 || !KEY.test(key) || !VALUE.test(value) || seen.has(key)) return [];
    seen.add(key);
    members.push({ key, value });
    if (members.length > MOST_MEMBERS) return [];
  }
  return members;
}

/**
 * Writes `tracestate`, the newest member first. What does not fit into 32 members and 512 characters is left out, members
 * of more than 128 characters first and then the last (section 3.3.1.5).
 * @param own put in front, in the place of an older one of that key
 * @returns undefined when there is nothing to send
 */
export function formatTracestate(
  members: readonly TraceStateMember[],
  own?: TraceStateMember | undefined,
): string | undefined {
  const kept = members.filter(({ key }) => key !== own?.key).map(({ key, value }) => `${key}=${value}`);
  if (own !== undefined) kept.unshift(`${own.key}=${own.value}`);
  const length = (): number => kept.reduce((sum, text) => sum + text.length + 1, -1);
  for (let i = kept.length - 1; i > 0 && length() > LONGEST; i--) {
    if ((kept[i]?.length ?? 0) > 128) kept.splice(i, 1);
  }
  while (kept.length > MOST_MEMBERS || (kept.length > 1 && length() > LONGEST)) kept.pop();
  return kept.length === 0 ? undefined : kept.join(',');
}
