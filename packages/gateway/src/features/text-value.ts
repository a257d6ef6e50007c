const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * The value that a text from a store without types (a CSV field, a Redis hash) stands for. Numbers that a double
 * cannot hold, and digits with leading zeros, are names and stay text.
 * @returns undefined for the empty text
 */
export function valueOfText(text: string): string | number | boolean | undefined {
  if (text === '') return undefined;
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (!NUMBER.test(text)) return text;
  const number = Number(text);
  if (!Number.isFinite(number)) return text;
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? text : number;
}
