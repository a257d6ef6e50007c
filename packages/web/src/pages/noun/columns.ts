type Json = Readonly<Record<string, unknown>>;

const USUAL = ['name', 'title', 'service', 'kind', 'type', 'state', 'status', 'version', 'stage', 'owner', 'at', 'createdAt', 'updatedAt', 'startedAt'];
const MOST = 6;

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The list in an answer: under the noun's own name, or the only list that there is. */
export function listIn(answer: Json, noun: string): readonly Json[] | undefined {
  const own = answer[noun];
  const list = Array.isArray(own) ? own : Object.values(answer).find((value) => Array.isArray(value));
  return Array.isArray(list) ? list.filter(isJson) : undefined;
}

/** Columns worth showing: usual names first, then what is short; `id` where nothing names a row. */
export function columnsOf(rows: readonly Json[]): readonly string[] {
  const [first] = rows;
  if (first === undefined) return [];
  const plain = Object.keys(first).filter((name) => typeof first[name] !== 'object');
  const usual = USUAL.filter((name) => plain.includes(name));
  const named = usual.includes('name') || usual.includes('title');
  const rest = plain.filter((name) => !usual.includes(name) && name !== 'id');
  return [...(named ? [] : plain.filter((name) => name === 'id')), ...usual, ...rest].slice(0, MOST);
}

/** Wall milliseconds of this century under a name that says so. */
export function looksLikeTime(name: string, value: unknown): boolean {
  return typeof value === 'number' && value > 1e12 && value < 5e12 && /(^at$|At$|^from$|^to$|since|time)/i.test(name);
}
