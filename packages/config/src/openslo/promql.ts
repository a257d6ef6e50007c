/** Where the length of the range belongs in a query of an objective. */
export const WINDOW: string = '{{.window}}';

const ANY_WINDOW = /\{\{\s*\.window\s*\}\}/g;

/** Puts a range such as `5m` into a query. */
export function withWindow(query: string, range: string): string {
  return query.replace(ANY_WINDOW, range);
}

/** Whether a query carries the place of its range. */
export function hasWindow(query: string): boolean {
  return query.search(ANY_WINDOW) >= 0;
}

/** A plain selector of series, `name{label="value"}`, without a range. */
const SELECTOR =
  /^[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{(?:[^{}"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*\})?$|^\{(?:[^{}"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')+\}$/;
const SUM_OF = /^sum\s*(?<by>(?:by|without)\s*\([^()]*\)\s*)?\((?<inner>[\s\S]*)\)$/;

/**
 * Turns the query of a counter into the increase over a window. A query that has `{{.window}}` stays; a plain selector
 * or the sum of one gets `increase(…)`, per series and before the sum, so that a counter's reset is seen.
 * @returns undefined when the query is neither: wrapping an unknown expression would count wrongly
 */
export function increaseOf(query: string): string | undefined {
  const text = query.trim();
  if (hasWindow(text)) return text;
  if (SELECTOR.test(text)) return `sum(increase(${text}[${WINDOW}]))`;
  const sum = SUM_OF.exec(text)?.groups;
  const inner = sum?.inner?.trim() ?? '';
  if (!SELECTOR.test(inner)) return undefined;
  return `sum ${sum?.by ?? ''}(increase(${inner}[${WINDOW}]))`.replace('sum (', 'sum(');
}

/** A gauge summed over a window, sampled every minute. */
export function sampledSum(query: string): string {
  const text = query.trim();
  return hasWindow(text) ? text : `sum_over_time((${text})[${WINDOW}:1m])`;
}

const OPERATORS = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;

/** Samples of a query that compare well with a value, and all of them: every minute one. */
export function comparedSamples(
  query: string,
  op: keyof typeof OPERATORS,
  value: number,
): { readonly good: string; readonly total: string } | undefined {
  const text = query.trim();
  if (hasWindow(text)) return undefined;
  return {
    good: `sum(sum_over_time(((${text}) ${OPERATORS[op]} bool ${value})[${WINDOW}:1m]))`,
    total: `sum(count_over_time((${text})[${WINDOW}:1m]))`,
  };
}
