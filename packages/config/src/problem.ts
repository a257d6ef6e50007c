import { hideSecrets } from './secret-places.ts';

/** One mistake in a file, where it is and what to do. Lines and columns count from 1. */
export interface Problem {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** Dotted path into the file, for example `models.primary.version`. */
  readonly at: string;
  /** What was expected and what was found. Never the value of a secret. */
  readonly message: string;
  /** The nearest right name, or what to do. */
  readonly hint?: string;
  /** Absent: an error. A warning does not keep the file from being used. */
  readonly severity?: 'warning';
}

/** Columns of a line that are shown: some data files are one line of a megabyte. */
const SHOWN = 120;

/** The line, its caret, cut down to the part round the spot. */
function excerpt(line: string, column: number): [string, number] {
  if (line.length <= SHOWN) return [line, column - 1];
  const from = Math.max(0, Math.min(column - 1 - SHOWN / 2, line.length - SHOWN));
  const before = from > 0 ? '…' : '';
  const after = from + SHOWN < line.length ? '…' : '';
  return [`${before}${line.slice(from, from + SHOWN)}${after}`, column - 1 - from + before.length];
}

/**
 * In the manner of compilers: place, message, the line itself and a caret under the spot. Literal secrets in the
 * lines are covered.
 */
export function formatProblems(
  problems: readonly Problem[],
  options: { readonly color: boolean; readonly source: string },
): string {
  const paint = (code: number, text: string): string =>
    options.color ? `\u001b[${code}m${text}\u001b[0m` : text;
  const lines = hideSecrets(options.source).split(/\r?\n/);
  return problems
    .map((problem) => {
      const place = paint(1, `${problem.path}:${problem.line}:${problem.column}`);
      const severity = problem.severity === 'warning' ? paint(33, 'warning') : paint(31, 'error');
      const at = problem.at === '' ? 'file' : problem.at;
      const source = lines[problem.line - 1];
      const number = String(problem.line);
      const shown: string[] = [];
      if (source !== undefined && source.trim() !== '') {
        const [text, caret] = excerpt(source.replaceAll('\t', ' '), problem.column);
        shown.push(
          `  ${number} | ${text}`,
          `  ${' '.repeat(number.length)} | ${' '.repeat(caret)}${paint(33, '^')}`,
        );
      }
      const hint = problem.hint === undefined ? [] : [`  ${paint(36, problem.hint)}`];
      return [`${place} ${severity} ${at}: ${problem.message}`, ...shown, ...hint].join('\n');
    })
    .join('\n');
}
