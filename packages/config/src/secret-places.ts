import { isMap, isScalar, isSeq, parseDocument } from 'yaml';

/** Keys whose value is a secret wherever they stand. */
const SECRET_KEY = /key|token|secret|passw|credential|authorization/i;

/** Parts of the file where such a key names something public: a template, a column, the data of a rung. */
const PUBLIC_PLACE = /^(features\.(redis|batch)\.key$|ladder\.\d+\.with\.)/;

const PASSWORD_IN_URL = /(:\/\/[^\s/@:"']*:)([^\s/@"']+)(?=@)/g;
const SECRET_LINE =
  /((?:key|token|secret|passw|credential|authorization)\w*["']?\s*:\s*)(?![\s{[&*|>])("[^"\n]*"|'[^'\n]*'|[^\s,}#]+)/gi;

/** Whether what stands at this place must not be repeated in a message. */
export function isSecretPlace(at: readonly (string | number)[]): boolean {
  const last = at.at(-1);
  if (last === 'url' || last === 'env') return true;
  return typeof last === 'string' && SECRET_KEY.test(last) && !PUBLIC_PLACE.test(at.join('.'));
}

const cover = (text: string): string => text.replace(/[^\r\n]/g, '•');

/**
 * The text with every literal secret covered, all else at its column: a file that holds a key by mistake can be
 * shown. A text that is not YAML is covered line by line, and rather too much than too little.
 */
export function hideSecrets(text: string): string {
  const covered = text.replace(
    PASSWORD_IN_URL,
    (_, before: string, secret: string) => before + cover(secret),
  );
  const spots: [number, number][] = [];
  try {
    const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false, logLevel: 'silent' });
    if (document.errors.length > 0) return coverLines(covered);
    collect(document.contents, [], spots);
  } catch {
    return coverLines(covered);
  }
  let shown = covered;
  for (const [from, to] of spots)
    shown = shown.slice(0, from) + cover(shown.slice(from, to)) + shown.slice(to);
  return shown;
}

const coverLines = (text: string): string =>
  text.replace(SECRET_LINE, (_, before: string, secret: string) => before + cover(secret));

function collect(node: unknown, at: readonly (string | number)[], spots: [number, number][]): void {
  if (isMap(node)) {
    for (const pair of node.items)
      collect(pair.value, [...at, isScalar(pair.key) ? String(pair.key.value) : ''], spots);
  } else if (isSeq(node)) {
    for (const [i, item] of node.items.entries()) collect(item, [...at, i], spots);
  } else if (
    isScalar(node) &&
    node.value !== null &&
    node.range &&
    at.at(-1) !== 'url' &&
    at.at(-1) !== 'env'
  ) {
    if (isSecretPlace(at)) spots.push([node.range[0], node.range[1]]);
  }
}
