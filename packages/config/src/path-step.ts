/** One step of the way from the root of a file to a place in it: a key, or the index of an item. */
export type PathStep = string | number;

/** A place as text: `ladder[2].budget`. */
export function dotted(at: readonly PathStep[]): string {
  return at.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  );
}
