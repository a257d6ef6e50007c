import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { dotted, type PathStep, type SourceDocument } from '../document.ts';
import type { Problem } from '../problem.ts';

/** A text that nests aliases to swell is refused. */
const MAX_ALIASES = 100;
const MAX_TEXT = 4_000_000;

/** One object of a YAML stream with the places of its parts. */
export interface SourceObject extends SourceDocument {
  readonly value: unknown;
  /** Whether it was an item of a list, which is not how the specification separates objects. */
  readonly listed: boolean;
}

function child(node: Node | undefined, step: PathStep): { key: Node | undefined; value: Node | undefined } {
  if (isMap(node)) {
    const pair = node.items.find(
      (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
    );
    return {
      key: isNode(pair?.key) ? pair.key : undefined,
      value: isNode(pair?.value) ? pair.value : undefined,
    };
  }
  const item = isSeq(node) ? node.items[Number(step)] : undefined;
  return { key: undefined, value: isNode(item) ? item : undefined };
}

/** The place of a path: of its key or value, or of the nearest thing above it that exists. */
function spotOf(root: Node, at: readonly PathStep[], where: 'key' | 'value'): number {
  let value: Node | undefined = root;
  let key: Node | undefined;
  for (const step of at) {
    const next = child(value, step);
    if (next.key === undefined && next.value === undefined) break;
    ({ key, value } = next);
    if (value === undefined) break;
  }
  const spot = where === 'key' ? (key ?? value) : (value ?? key);
  return spot?.range?.[0] ?? 0;
}

/**
 * Splits a YAML stream into its objects: one per document, or one per item where a document is a list. Syntax mistakes
 * and duplicate keys are problems with their places; the documents beside them are still read.
 */
export function splitStream(
  text: string,
  path: string,
): { readonly objects: readonly SourceObject[]; readonly problems: readonly Problem[] } {
  if (text.length > MAX_TEXT) {
    const message = `the file is ${text.length} characters long; at most ${MAX_TEXT} are read`;
    return { objects: [], problems: [{ path, line: 1, column: 1, at: '', message }] };
  }
  const lines = new LineCounter();
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const objects: SourceObject[] = [];
  const problems: Problem[] = [];
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    merge: false,
    schema: 'core',
  });
  for (const document of Array.isArray(parsed) ? parsed : []) {
    for (const error of document.errors)
      problems.push({ path, ...place(error.pos[0]), at: '', message: `not valid YAML: ${error.message}` });
    const root = document.contents;
    if (document.errors.length > 0 || root === null) continue;
    if (isScalar(root) && root.value === null) continue;
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      const message = `not valid YAML: ${error instanceof Error ? error.message : String(error)}`;
      problems.push({ path, ...place(root.range?.[0] ?? 0), at: '', message });
      continue;
    }
    const object = (of: Node, what: unknown, listed: boolean): SourceObject => ({
      value: what,
      listed,
      problem(at, message, hint, where = 'value') {
        const base = { path, ...place(spotOf(of, at, where)), at: dotted(at), message };
        return hint === undefined ? base : { ...base, hint };
      },
    });
    if (isSeq(root) && Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        const node = root.items[index];
        objects.push(object(isNode(node) ? node : root, item, true));
      }
    } else objects.push(object(root, value, false));
  }
  return { objects, problems };
}
