import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { documentFaults } from './document-faults.ts';
import { dotted, type PathStep } from './path-step.ts';
import type { Problem } from './problem.ts';

export { dotted, type PathStep };

/** A YAML text with the places of its parts. */
export interface SourceDocument {
  readonly value: unknown;
  /** The problem at a place: at the key itself (`key`), or at its value. */
  problem(at: readonly PathStep[], message: string, hint?: string, where?: 'key' | 'value'): Problem;
}

/** More than any service file has: a text that nests aliases to swell is refused. */
const MAX_ALIASES = 100;
const MAX_TEXT = 1_000_000;

/**
 * Parses a text. Where the syntax is broken there is nothing more to check; duplicate keys and tags are told beside
 * whatever else is wrong.
 */
export function parseSource(
  text: string,
  path: string,
): { ok: true; document: SourceDocument; problems: Problem[] } | { ok: false; problems: Problem[] } {
  if (text.length > MAX_TEXT) {
    const message = `the file is ${text.length} characters long; at most ${MAX_TEXT} are read`;
    return { ok: false, problems: [{ path, line: 1, column: 1, at: '', message }] };
  }
  const lines = new LineCounter();
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const parsed = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // Found by documentFaults, which names the key and goes on.
    uniqueKeys: false,
    merge: false,
    schema: 'core',
    logLevel: 'silent',
  });
  const problems: Problem[] = parsed.errors.map((error) => ({
    path,
    ...place(error.pos[0]),
    at: '',
    message: `not valid YAML: ${error.message}`,
  }));
  let fatal = problems.length > 0;
  for (const { code, message, pos } of parsed.warnings) {
    if (code !== 'TAG_RESOLVE_FAILED') continue;
    problems.push({
      path,
      ...place(pos[0]),
      at: '',
      message: `not valid here: ${message}`,
      hint: 'take the tag (!…) out',
    });
  }
  if (!fatal) {
    for (const fault of documentFaults(parsed.contents, (offset) => place(offset).line)) {
      fatal ||= fault.fatal;
      const base = { path, ...place(fault.offset), at: dotted(fault.at), message: fault.message };
      problems.push(fault.hint === undefined ? base : { ...base, hint: fault.hint });
    }
  }
  if (fatal) return { ok: false, problems };
  let value: unknown;
  try {
    value = parsed.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    const message = `not valid YAML: ${error instanceof Error ? error.message : String(error)}`;
    return { ok: false, problems: [...problems, { path, line: 1, column: 1, at: '', message }] };
  }

  /** The node at a path, or the nearest one above it that exists; its key's node where it is a map's value. */
  function find(at: readonly PathStep[]): { key: Node | undefined; value: Node | undefined } {
    let node: Node | undefined = parsed.contents ?? undefined;
    let key: Node | undefined;
    for (const step of at) {
      let next: unknown;
      let nextKey: Node | undefined;
      if (isMap(node)) {
        // The last of a duplicate key is the one whose value counts.
        const pair = node.items.findLast(
          (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
        );
        next = pair?.value;
        nextKey = isNode(pair?.key) ? pair.key : undefined;
      } else if (isSeq(node)) next = node.items[Number(step)];
      if (nextKey === undefined && !isNode(next)) break;
      key = nextKey;
      node = isNode(next) ? next : undefined;
      if (node === undefined) break;
    }
    return { key, value: node };
  }

  return {
    ok: true,
    problems,
    document: {
      value,
      problem(at, message, hint, where = 'value') {
        const { key, value: node } = find(at);
        const spot = where === 'key' ? (key ?? node) : (node ?? key);
        const base = { path, ...place(spot?.range?.[0] ?? 0), at: dotted(at), message };
        return hint === undefined ? base : { ...base, hint };
      },
    },
  };
}
