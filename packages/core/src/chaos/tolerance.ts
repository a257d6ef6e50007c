/** What a probe's value must be. */
export type Tolerance =
  | { readonly kind: 'equals'; readonly value: string | number | boolean }
  | { readonly kind: 'range'; readonly low: number; readonly high: number }
  | { readonly kind: 'one_of'; readonly values: readonly (string | number | boolean)[] }
  | { readonly kind: 'regex'; readonly pattern: string; readonly target: string | undefined }
  | {
      readonly kind: 'jsonpath';
      readonly path: string;
      readonly expect: unknown;
      readonly target: string | undefined;
    }
  | { readonly kind: 'less_than'; readonly value: number }
  | { readonly kind: 'at_least'; readonly value: number }
  /** Under so many times the baseline. */
  | { readonly kind: 'times_baseline'; readonly times: number };

export interface ToleranceResult {
  /** Undefined: cannot be told, a figure is missing. */
  readonly met: boolean | undefined;
  readonly reason: string;
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** `$`, `$.a.b`, `$.a[0]`, `a.b`, `a[*].b`, `$..b`: the values that a path finds. @throws RangeError for any other path */
export function jsonPath(root: unknown, path: string): unknown[] {
  const rest = path.startsWith('$') ? path.slice(1) : `.${path}`;
  const steps = /^(?:\.\.?[A-Za-z_][\w-]*|\.\*|\[\d+\]|\[\*\]|\['[^']*'\])*$/.test(rest)
    ? (rest.match(/\.\.?[A-Za-z_][\w-]*|\.\*|\[\d+\]|\[\*\]|\['[^']*'\]/g) ?? [])
    : undefined;
  if (steps === undefined) throw new RangeError(`not a path that is understood: ${path}`);
  let found: unknown[] = [root];
  for (const step of steps) {
    const next: unknown[] = [];
    for (const value of found) {
      if (step === '.*' || step === '[*]') {
        if (typeof value === 'object' && value !== null) next.push(...Object.values(value));
      } else if (step.startsWith('..')) deep(value, step.slice(2), next);
      else {
        const name = step.startsWith("['") ? step.slice(2, -2) : step.replace(/^[.[]|\]$/g, '');
        if (typeof value === 'object' && value !== null && Object.hasOwn(value, name))
          next.push(field(value, name));
      }
    }
    found = next;
  }
  return found;
}

function deep(value: unknown, name: string, into: unknown[]): void {
  if (typeof value !== 'object' || value === null) return;
  if (Object.hasOwn(value, name)) into.push(field(value, name));
  for (const child of Object.values(value)) deep(child, name, into);
}

/**
 * Whether a value is what it must be. For an object with a `status` (an HTTP answer, a process) that is what scalars, ranges
 * and lists are compared with.
 * @param baseline the same figure before the method, where there is one
 */
export function tolerates(
  tolerance: Tolerance,
  value: unknown,
  baseline: number | undefined,
): ToleranceResult {
  if (value === undefined) return { met: undefined, reason: 'the figure is missing' };
  const bare = field(value, 'status') ?? value;
  const say = (met: boolean, wanted: string, got: unknown = bare): ToleranceResult => ({
    met,
    reason: met ? `${shown(got)}: ${wanted}` : `${shown(got)} is not ${wanted}`,
  });
  switch (tolerance.kind) {
    case 'equals':
      return say(bare === tolerance.value, shown(tolerance.value));
    case 'range':
      return say(
        typeof bare === 'number' && bare >= tolerance.low && bare <= tolerance.high,
        `from ${tolerance.low} to ${tolerance.high}`,
      );
    case 'one_of':
      return say(
        tolerance.values.some((one) => one === bare),
        `one of ${tolerance.values.map(shown).join(', ')}`,
      );
    case 'less_than':
      return say(typeof bare === 'number' && bare < tolerance.value, `under ${tolerance.value}`);
    case 'at_least':
      return say(typeof bare === 'number' && bare >= tolerance.value, `at least ${tolerance.value}`);
    case 'times_baseline': {
      if (baseline === undefined) return { met: undefined, reason: 'there is no baseline to compare with' };
      const bound = baseline * tolerance.times;
      return say(typeof bare === 'number' && bare < bound, `under ${tolerance.times} × ${shown(baseline)}`);
    }
    case 'regex': {
      const part = tolerance.target === undefined ? value : field(value, tolerance.target);
      const text = typeof part === 'string' ? part : (JSON.stringify(part) ?? '');
      return say(new RegExp(tolerance.pattern).test(text), `like /${tolerance.pattern}/`, text);
    }
    case 'jsonpath': {
      let part =
        tolerance.target === undefined ? (field(value, 'body') ?? value) : field(value, tolerance.target);
      if (typeof part === 'string') {
        try {
          part = JSON.parse(part);
        } catch {
          return { met: false, reason: `the value is no JSON: ${shown(part)}` };
        }
      }
      const found = jsonPath(part, tolerance.path);
      if (tolerance.expect === undefined) return say(found.length > 0, `found at ${tolerance.path}`, found);
      const wanted = Array.isArray(tolerance.expect) ? tolerance.expect : [tolerance.expect];
      const met = JSON.stringify(found) === JSON.stringify(wanted);
      return say(met, `${shown(tolerance.expect)} at ${tolerance.path}`, found);
    }
  }
}
