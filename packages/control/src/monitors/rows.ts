import { EvenkeelError, nearestName } from '@evenkeel/core';

/** A number where it reads as one, nothing where nothing stands, text otherwise. */
function cell(text: string): unknown {
  if (text === '') return undefined;
  const value = Number(text);
  return Number.isNaN(value) ? text : value;
}

/** One record of RFC 4180: quotes may hold commas and doubled quotes. */
function fields(line: string): string[] {
  const found: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const character = line[i];
    if (quoted) {
      if (character !== '"') field += character;
      else if (line[i + 1] === '"') {
        field += '"';
        i += 1;
      } else quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === ',') {
      found.push(field);
      field = '';
    } else field += character;
  }
  found.push(field);
  return found;
}

function lines(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

/** A column of a CSV file with a heading, or a key of an NDJSON file. @throws EvenkeelError bad_request with the line */
export function readColumn(text: string, file: string, column: string): unknown[] {
  const all = lines(text);
  const [first = '', ...rest] = all;
  if (first.trimStart().startsWith('{')) {
    return all.map((line, i) => {
      let row: unknown;
      try {
        row = JSON.parse(line);
      } catch {
        throw new EvenkeelError('bad_request', `${file}:${i + 1}: not valid JSON`);
      }
      if (typeof row !== 'object' || row === null) {
        throw new EvenkeelError('bad_request', `${file}:${i + 1}: expected an object`);
      }
      return Object.hasOwn(row, column) ? Reflect.get(row, column) : undefined;
    });
  }
  const headings = fields(first).map((heading) => heading.trim());
  const at = headings.indexOf(column);
  if (at < 0) {
    const near = nearestName(column, headings);
    throw new EvenkeelError(
      'bad_request',
      `${file}:1: no column "${column}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
    );
  }
  return rest.map((line) => cell(fields(line)[at] ?? ''));
}
