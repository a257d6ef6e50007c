/** One mistake in a file, where it is and what to do. Lines and columns count from 1. */
export interface Problem {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** Dotted path into the file, for example `models.primary.version`. */
  readonly at: string;
  /** What was expected and what was found. */
  readonly message: string;
  /** The nearest right name, or what to do. */
  readonly hint?: string;
}

/** In the manner of compilers: place, message, the line itself and a caret under the spot. */
export function formatProblems(
  problems: readonly Problem[],
  options: { readonly color: boolean; readonly source: string },
): string {
  const paint = (code: number, text: string): string =>
    options.color ? `\u001b[${code}m${text}\u001b[0m` : text;
  const lines = options.source.split(/\r?\n/);
  return problems
    .map((problem) => {
      const place = `${problem.path}:${problem.line}:${problem.column}`;
      const head = `${paint(1, place)} ${paint(31, problem.at === '' ? 'file' : problem.at)}: ${problem.message}`;
      const source = lines[problem.line - 1];
      const number = String(problem.line);
      const shown =
        source === undefined
          ? []
          : [
              `  ${number} | ${source}`,
              `  ${' '.repeat(number.length)} | ${' '.repeat(problem.column - 1)}${paint(33, '^')}`,
            ];
      const hint = problem.hint === undefined ? [] : [`  ${paint(36, problem.hint)}`];
      return [head, ...shown, ...hint].join('\n');
    })
    .join('\n');
}
