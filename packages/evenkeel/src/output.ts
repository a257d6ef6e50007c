/** Colour only where a person looks, and not where it was declined (https://no-color.org). */
export function colours(env: Readonly<Record<string, string | undefined>>, isTTY: boolean): boolean {
  return isTTY && env.NO_COLOR === undefined;
}

const CODES = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const;
export type Paint = (style: keyof typeof CODES, text: string) => string;

export function painter(on: boolean): Paint {
  return (style, text) => (on ? `\u001B[${CODES[style]}m${text}\u001B[0m` : text);
}

const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');
const PIECES = new RegExp(`(${String.fromCharCode(27)}\\[\\d+m)`);
const STYLE_ALONE = new RegExp(`^${String.fromCharCode(27)}\\[\\d+m$`);
const RESET = '\u001B[0m';
const STEERING = new RegExp(`${String.fromCharCode(27)}(?!\\[\\d{1,3}m)`, 'g');

/** What services and users are called must not steer the terminal; colours stay. */
function harmless(text: string): string {
  return [...text.replace(STEERING, ' ')]
    .map((character) => (isControl(character) ? ' ' : character))
    .join('');
}

function isControl(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return (code < 32 && code !== 27) || code === 127;
}

function width(text: string): number {
  return [...text.replace(ESCAPES, '')].length;
}

/** The last column wants at least this; with less it goes under its row. */
const LEAST_ROOM = 24;
const INDENT = '    ';

/** At most so many characters of a text, colours not counted. */
export function cut(text: string, room: number): string {
  if (width(text) <= room) return text;
  let left = Math.max(0, room - 1);
  let kept = '';
  let styled = false;
  for (const piece of text.split(PIECES)) {
    if (STYLE_ALONE.test(piece)) {
      kept += piece;
      styled = !piece.endsWith('[0m');
    } else {
      const characters = [...piece].slice(0, left);
      kept += characters.join('');
      left -= characters.length;
      if (left <= 0) break;
    }
  }
  return `${kept}…${styled ? RESET : ''}`;
}

/**
 * A table that fits: the last column is cut where the terminal ends, or goes under its row where there would be too little room
 * for it.
 * @param columns headings
 * @param terminal columns of the terminal; unbounded where there is none
 */
export function table(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  terminal: number = Number.POSITIVE_INFINITY,
): string {
  const clean = rows.map((row) => row.map(harmless));
  const widths = columns.map((heading, i) =>
    Math.max(width(heading), ...clean.map((row) => width(row[i] ?? ''))),
  );
  const before = widths.slice(0, -1).reduce((sum, one) => sum + one + 2, 0);
  const room = terminal - before;
  const under = room < LEAST_ROOM && room < (widths.at(-1) ?? 0);
  const padded = (cells: readonly string[]): string =>
    cells.map((cell, i) => cell + ' '.repeat(Math.max(0, (widths[i] ?? 0) - width(cell)))).join('  ');
  const line = (row: readonly string[]): string => {
    const last = row[columns.length - 1] ?? '';
    const head = padded(row.slice(0, columns.length - 1));
    if (!under) return `${head}${columns.length > 1 ? '  ' : ''}${cut(last, room)}`.trimEnd();
    return `${cut(head.trimEnd(), terminal)}\n${INDENT}${cut(last, terminal - INDENT.length)}`.trimEnd();
  };
  return [line(columns), ...clean.map(line)].join('\n');
}

/** `1d 4h`, `12 m`, `8 s`: for people, two units at most. */
export function span(ms: number): string {
  if (!Number.isFinite(ms)) return 'never';
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const [d, h, m, s] = [
    Math.floor(seconds / 86_400),
    Math.floor((seconds % 86_400) / 3_600),
    Math.floor((seconds % 3_600) / 60),
    seconds % 60,
  ];
  if (d > 0) return h > 0 ? `${d}d ${h}h` : `${d}d`;
  if (h > 0) return m > 0 ? `${h}h ${m}m` : `${h}h`;
  if (m > 0) return s > 0 ? `${m}m ${s}s` : `${m}m`;
  return `${s}s`;
}

/** A share as a percentage with as many digits as it needs; `–` where there is none. */
export function percent(share: number | null | undefined, digits = 1): string {
  return share === undefined || share === null ? '–' : `${(100 * share).toFixed(digits)} %`;
}
