/** What a query over a window counts in: events, events per second, or something that cannot be told from outside. */
export type EventUnit = 'events' | 'per_second' | 'unknown';

const COUNTING = new Set(['increase', 'delta', 'sum_over_time', 'count_over_time']);
const PER_SECOND = new Set(['rate', 'irate', 'deriv']);

/**
 * Tells from the function around each `[{{.window}}]` what a query counts in: `increase` gives events, `rate` events
 * per second. The low-traffic guard needs numbers of events; Prometheus itself does not say which it has.
 */
export function eventUnit(query: string): EventUnit {
  const around: string[] = [];
  const found = new Set<EventUnit>();
  let quote = '';
  for (let i = 0; i < query.length; i++) {
    const char = query.charAt(i);
    if (quote !== '') {
      if (char === '\\' && quote !== '`') i++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'" || char === '`') quote = char;
    else if (char === '(') around.push(/([a-zA-Z_]\w*)\s*$/.exec(query.slice(0, i))?.[1] ?? '');
    else if (char === ')') around.pop();
    else if (char === '[' && /^\[\s*\{\{\s*\.window/.test(query.slice(i))) {
      // Parentheses without a name only group: the function is the next one outwards.
      const name = around.findLast((one) => one !== '') ?? '';
      found.add(COUNTING.has(name) ? 'events' : PER_SECOND.has(name) ? 'per_second' : 'unknown');
    }
  }
  const [only, ...others] = found;
  return only === undefined || others.length > 0 ? 'unknown' : only;
}
