import { markEmails } from './redaction/emails.ts';
import { marks } from './redaction/marks.ts';
import { isCardNumber, markIbans, markNumbers } from './redaction/numbers.ts';
import { markSecrets, namesSecret } from './redaction/secrets.ts';

/** How much of a payload is kept. Whatever is cut leaves a note that says how much. */
export interface RedactOptions {
  /** Characters of one text. Default 1000. */
  readonly text?: number;
  /** Characters of all texts and names of one payload together. Default 16000. */
  readonly total?: number;
  /** Levels of nesting. Default 8. */
  readonly depth?: number;
  /** Entries of one list or object. Default 50. */
  readonly entries?: number;
  /** Values in one payload. Default 1000. */
  readonly values?: number;
}

/** Characters read behind the cut, so that what the cut goes through is still recognised. */
const BEHIND_THE_CUT = 512;

/**
 * The text without credentials, e-mail addresses, card and telephone numbers, and IBANs, each replaced by its kind in
 * brackets, and cut. Scanners, not patterns that try again: from no place are more than a bounded number of characters
 * looked at, so that the time is linear in what is read (`most` and 512 characters more), whatever the text is.
 * Names, addresses of streets and other free text are not recognised.
 * @param most characters of the source that are kept
 */
export function redactText(text: string, most = 1_000): string {
  const read = text.length > most + BEHIND_THE_CUT ? text.slice(0, most + BEHIND_THE_CUT) : text;
  const found = marks(read.length);
  markSecrets(read, found);
  markEmails(read, found);
  markIbans(read, found);
  markNumbers(read, found);
  if (text.length <= most) return found.write(read, most);
  // Not through the middle of a pair: half of one is no character.
  const code = most > 0 ? text.charCodeAt(most - 1) : 0;
  const cut = code >= 0xd800 && code <= 0xdbff ? most - 1 : most;
  return `${found.write(read, cut)}… [${text.length - cut} more]`;
}

/**
 * A copy of a payload that may be kept: JSON values only, cut to bounds, texts and names of fields redacted, values of
 * fields whose name says that they are secret replaced by `[secret]`. Never throws.
 */
export function redact(value: unknown, options: RedactOptions = {}): unknown {
  const { text: textMost = 1_000, total = 16_000, depth = 8, entries = 50, values = 1_000 } = options;
  let charactersLeft = total;
  let valuesLeft = values;

  function kept(text: string): string {
    const most = Math.min(textMost, charactersLeft);
    const out = redactText(text, most);
    charactersLeft -= Math.min(most, text.length);
    return out;
  }

  function list(source: readonly unknown[], level: number): unknown {
    const out: unknown[] = [];
    for (let i = 0; i < source.length && i < entries && valuesLeft > 0; i++)
      out.push(walk(source[i], level + 1));
    if (out.length < source.length) out.push(`[${source.length - out.length} more]`);
    return out;
  }

  function record(source: object, level: number): unknown {
    const names = Object.keys(source);
    const out: [string, unknown][] = [];
    for (const name of names) {
      if (out.length >= entries || valuesLeft <= 0) {
        out.push(['…', `[${names.length - out.length} more]`]);
        break;
      }
      const inside = namesSecret(name) ? '[secret]' : walk(Reflect.get(source, name), level + 1);
      out.push([kept(name), inside]);
    }
    // Not by assignment: a field may be called __proto__.
    return Object.fromEntries(out);
  }

  function walk(one: unknown, level: number): unknown {
    valuesLeft -= 1;
    switch (typeof one) {
      case 'string':
        return kept(one);
      case 'number':
        if (!Number.isFinite(one)) return String(one);
        // JSON has no -0.
        return Number.isSafeInteger(one) && isCardNumber(String(one)) ? '[card]' : one + 0;
      case 'boolean':
        return one;
      case 'bigint':
        return isCardNumber(String(one)) ? '[card]' : String(one).slice(0, 40);
      case 'object':
        break;
      default:
        return `[${typeof one}]`;
    }
    if (one === null) return null;
    if (ArrayBuffer.isView(one)) return `[${one.byteLength} bytes]`;
    if (level >= depth) return '[deeper]';
    try {
      return Array.isArray(one) ? list(one, level) : record(one, level);
    } catch {
      // A getter or a proxy that throws.
      return '[unreadable]';
    }
  }

  return walk(value, 0);
}
