import type { Toolkit } from './toolkit-schema.ts';

/** Values that `${name}` stands for, and what is missing for a run. */
export interface ToolkitValues {
  readonly known: ReadonlyMap<string, string>;
  readonly refusals: readonly string[];
}

type Env = Readonly<Record<string, string | undefined>>;

function entry(at: string, value: unknown, env: Env, refusals: string[]): string | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  if (typeof value !== 'object' || value === null) return undefined;
  const type: unknown = Reflect.get(value, 'type');
  const key: unknown = Reflect.get(value, 'key');
  if (type === 'env' && typeof key === 'string') {
    const fallback: unknown = Reflect.get(value, 'default');
    const found = env[key] ?? (fallback === undefined ? undefined : String(fallback));
    if (found === undefined) refusals.push(`${at}: the environment variable ${key} is not set`);
    return found;
  }
  if (type === 'vault') refusals.push(`${at}: secrets from a vault are not read`);
  else if (type !== undefined)
    refusals.push(`${at}: configuration of type ${JSON.stringify(type)} is not read`);
  return undefined;
}

/** Configuration and secrets of an experiment, as the environment has them. */
export function toolkitValues(toolkit: Toolkit, env: Env): ToolkitValues {
  const known = new Map<string, string>();
  const refusals: string[] = [];
  for (const [group, values] of Object.entries(toolkit.secrets ?? {}))
    for (const [key, value] of Object.entries(values)) {
      const found = entry(`secrets.${group}.${key}`, value, env, refusals);
      if (found !== undefined) known.set(key, found);
    }
  for (const [key, value] of Object.entries(toolkit.configuration ?? {})) {
    const found = entry(`configuration.${key}`, value, env, refusals);
    if (found !== undefined) known.set(key, found);
  }
  return { known, refusals };
}

/** The text with every `${name}` that is known put in; the others stay as they are. */
export function filledIn(text: string, known: ReadonlyMap<string, string>): string {
  return text.replace(/\$\{([^}]+)\}/g, (whole, name: string) => known.get(name.trim()) ?? whole);
}

/** A command line's arguments as a shell would split them, without anything that only a shell does. */
export function argumentsOf(raw: unknown): string[] {
  if (raw === undefined || raw === null) return [];
  if (typeof raw === 'string')
    return [...raw.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
      ([, double, single, bare]) => double?.replace(/\\(.)/g, '$1') ?? single ?? bare ?? '',
    );
  if (Array.isArray(raw)) return raw.map(String);
  return Object.entries(raw).flatMap(([key, value]) =>
    value === null || value === undefined || value === '' ? [key] : [key, String(value)],
  );
}
