/** Classes of UTF-16 code units, for scanners that look at each a bounded number of times. */
export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

export function isLetter(code: number): boolean {
  const lower = code | 32;
  return lower >= 97 && lower <= 122;
}

export function isAlphanumeric(code: number): boolean {
  return isDigit(code) || isLetter(code);
}

/** Letters of other scripts too, without tables: all that is not ASCII counts. */
export function isWordlike(code: number): boolean {
  return isAlphanumeric(code) || code > 127;
}

export function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 0xa0;
}

/** What credentials are written with: base64, base64url, hex, dotted and prefixed keys. */
export function isTokenCharacter(code: number): boolean {
  return (
    isAlphanumeric(code) ||
    code === 45 || // -
    code === 95 || // _
    code === 46 || // .
    code === 43 || // +
    code === 47 || // /
    code === 126 // ~
  );
}
