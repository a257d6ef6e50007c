const WHITESPACE = /[ \t\r\n]*/y;
const WORD = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])|true(?!\w)|false(?!\w)|null(?!\w)/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

const SPACE = 32;
const QUOTE = 34;
const BACKSLASH = 92;

/** Where a sticky expression that begins at `at` ends; `at` itself when it does not match. */
function after(expression: RegExp, text: string, at: number): number {
  expression.lastIndex = at;
  return expression.test(text) ? expression.lastIndex : at;
}

/** The end of the string that begins at `at`, or the negative place (less one) of what is wrong in it. */
function endOfString(text: string, at: number): number {
  let i = at + 1;
  for (;;) {
    let code = text.charCodeAt(i);
    while (code >= SPACE && code !== QUOTE && code !== BACKSLASH) code = text.charCodeAt(++i);
    if (code === QUOTE) return i + 1;
    const next = after(ESCAPE, text, i);
    if (next === i) return -i - 1;
    i = next;
  }
}

type Wanted =
  | 'a value'
  | 'a value or "]"'
  | 'a name in double quotes'
  | 'a name in double quotes or "}"'
  | '":"';

/**
 * What is wrong in text that `JSON.parse` refuses, and where: the engine's own message leaves the place out, and repeats
 * what a caller may not want in a log. Looks only at what is needed, without recursion.
 * @returns undefined when the text is JSON
 */
export function mistakeIn(text: string): string | undefined {
  const open: ('{' | '[')[] = [];
  let wanted: Wanted | 'more' = 'a value';
  let i = 0;
  for (;;) {
    i = after(WHITESPACE, text, i);
    const char = text[i];
    const inside = open.at(-1);
    if (wanted === 'more') {
      if (inside === undefined) return char === undefined ? undefined : at(text, i, 'the end');
      const close = inside === '{' ? '}' : ']';
      if (char === close) open.pop();
      else if (char === ',') wanted = inside === '{' ? 'a name in double quotes' : 'a value';
      else return at(text, i, `"," or "${close}"`);
      i += 1;
    } else if (wanted === '":"') {
      if (char !== ':') return at(text, i, wanted);
      wanted = 'a value';
      i += 1;
    } else if (wanted === 'a name in double quotes' || wanted === 'a name in double quotes or "}"') {
      if (char === '"') {
        const end = endOfString(text, i);
        if (end < 0) return at(text, -end - 1, 'the rest of a string');
        wanted = '":"';
        i = end;
      } else if (char === '}' && wanted !== 'a name in double quotes') {
        open.pop();
        wanted = 'more';
        i += 1;
      } else return at(text, i, wanted);
    } else if (char === '"') {
      const end = endOfString(text, i);
      if (end < 0) return at(text, -end - 1, 'the rest of a string');
      wanted = 'more';
      i = end;
    } else if (char === '{' || char === '[') {
      open.push(char);
      wanted = char === '{' ? 'a name in double quotes or "}"' : 'a value or "]"';
      i += 1;
    } else if (char === ']' && wanted === 'a value or "]"') {
      open.pop();
      wanted = 'more';
      i += 1;
    } else {
      const end = after(WORD, text, i);
      if (end === i) return at(text, i, wanted);
      wanted = 'more';
      i = end;
    }
  }
}

function at(text: string, place: number, wanted: string): string {
  const before = text.slice(0, place);
  const line = before.split('\n').length;
  const column = place - before.lastIndexOf('\n');
  const found = place >= text.length ? 'the body ends there' : 'something else is there';
  return `expected ${wanted} at line ${line}, column ${column}, but ${found}`;
}
