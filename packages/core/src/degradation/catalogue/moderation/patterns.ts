import { DATA } from '../read.ts';
import { tokenise } from '../tokens.ts';

/**
 * Patterns that an operator may write without being able to stop the service. There are no regular expressions, hence
 * nothing that backtracks:
 * - a word or phrase, compared word by word after {@link tokenise}: `free`, `click here`;
 * - a beginning of a word, in any place of a phrase: `viagr*`, `claim* your prize`;
 * - a shape found by a fixed linear scan of the raw text: `{url}`, `{email}`, `{phone}`, `{money}`, `{number}` (four
 *   digits or more), `{capitals}` (a word of four capitals or more), `{exclamation}` (two marks or more in a row).
 *
 * A text of n words costs O(n × patterns that agree so far), never more than O(n × patterns).
 */
export interface PatternMatcher {
  /** How often each pattern occurs; patterns that do not occur are left out. Keys are places in the list given. */
  count(text: string): Map<number, number>;
}

// Each is a chain of classes, no repetition inside a repetition; every repetition is bounded.
const SHAPES: Readonly<Record<string, RegExp>> = {
  url: /(?:https?:\/\/|www\.)[^\s]{1,200}/giu,
  email: /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}.-]{1,190}/gu,
  phone: /\+?\d[\d ()-]{5,20}\d/g,
  money: /[$£€¥₹]\s?\d{1,12}|\d{1,12}\s?(?:[$£€¥₹]|(?:usd|gbp|eur|dollars?|pounds?|euros?)\b)/giu,
  number: /\d{4,40}/g,
  capitals: /(?<![\p{L}\p{N}])\p{Lu}{4,64}(?![\p{L}\p{N}])/gu,
  exclamation: /!{2,100}/g,
};

interface TrieNode {
  readonly words: Map<string, TrieNode>;
  /** Beginnings of words, by their length. */
  readonly beginnings: Map<number, Map<string, TrieNode>>;
  /** Patterns that end here. */
  readonly ends: number[];
}

const newNode = (): TrieNode => ({ words: new Map(), beginnings: new Map(), ends: [] });

const LONGEST_PHRASE = 12;

function parsePhrase(pattern: string, where: string): { word: string; open: boolean }[] {
  const parts: { word: string; open: boolean }[] = [];
  for (const piece of pattern.split(/\s/u)) {
    if (piece === '') continue;
    const open = piece.endsWith('*');
    const stem = open ? piece.slice(0, -1) : piece;
    if (/[*+?()[\]{}|^$\\]/u.test(stem)) {
      DATA.fail(
        where,
        `words, word* or one of ${Object.keys(SHAPES)
          .map((s) => `{${s}}`)
          .join(' ')} (no regular expressions)`,
        pattern,
      );
    }
    const words = tokenise(stem);
    if (words.length === 0) DATA.fail(where, 'at least one letter or digit in each word', pattern);
    words.forEach((word, i) => {
      parts.push({ word, open: open && i === words.length - 1 });
    });
  }
  if (parts.length === 0 || parts.length > LONGEST_PHRASE) {
    DATA.fail(where, `1 to ${LONGEST_PHRASE} words`, pattern);
  }
  return parts;
}

/** @param where how the list of patterns is called in messages; entry i is `where[i].match` */
export function compilePatterns(patterns: readonly string[], where: string): PatternMatcher {
  const root = newNode();
  const shapes: { readonly at: number; readonly shape: RegExp }[] = [];
  patterns.forEach((pattern, at) => {
    const shape = /^\{(\w{1,20})\}$/u.exec(pattern)?.[1];
    if (shape !== undefined) {
      const found = Object.hasOwn(SHAPES, shape) ? SHAPES[shape] : undefined;
      shapes.push({
        at,
        shape:
          found ??
          DATA.fail(
            `${where}[${at}].match`,
            `one of ${Object.keys(SHAPES)
              .map((s) => `{${s}}`)
              .join(' ')}`,
            pattern,
          ),
      });
      return;
    }
    let node = root;
    for (const { word, open } of parsePhrase(pattern, `${where}[${at}].match`)) {
      let level = node.words;
      if (open) {
        const sameLength = node.beginnings.get(word.length) ?? new Map<string, TrieNode>();
        node.beginnings.set(word.length, sameLength);
        level = sameLength;
      }
      let next = level.get(word);
      if (next === undefined) {
        next = newNode();
        level.set(word, next);
      }
      node = next;
    }
    node.ends.push(at);
  });

  function step(node: TrieNode, token: string, into: TrieNode[]): void {
    const exact = node.words.get(token);
    if (exact !== undefined) into.push(exact);
    for (const [length, stems] of node.beginnings) {
      if (length > token.length) continue;
      const open = stems.get(token.slice(0, length));
      if (open !== undefined) into.push(open);
    }
  }

  return {
    count(text) {
      const counts = new Map<number, number>();
      const found = (at: number, times: number): void => {
        counts.set(at, (counts.get(at) ?? 0) + times);
      };
      let active: TrieNode[] = [];
      for (const token of tokenise(text)) {
        // A trie is a tree, so no node can be reached twice by the same token: states stay distinct.
        const next: TrieNode[] = [];
        for (const node of active) step(node, token, next);
        step(root, token, next);
        for (const node of next) for (const at of node.ends) found(at, 1);
        active = next;
      }
      for (const { at, shape } of shapes) {
        const times = text.match(shape)?.length ?? 0;
        if (times > 0) found(at, times);
      }
      return counts;
    },
  };
}
