import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { BUILTINS, type BuiltinName, describeError, EvenkeelError } from '@evenkeel/core';
import { parse as parseYaml } from 'yaml';

/** Bytes of a data file at most: the data live in memory. */
const MAX_BYTES = 256 * 1_048_576;

function rowsOfNdjson(text: string, file: string): unknown[] {
  const rows: unknown[] = [];
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '') return;
    try {
      rows.push(JSON.parse(line));
    } catch (error) {
      throw new EvenkeelError('config_invalid', `${file}:${i + 1}: ${describeError(error)}`);
    }
  });
  return rows;
}

/** A cell of a table: numbers and booleans where the text is one. */
function cell(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

function rowsOfCsv(text: string): unknown[] {
  const [head = '', ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const names = head.split(',').map((name) => name.trim());
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, i) => [name, cell((cells[i] ?? '').trim())]));
  });
}

/**
 * The data of a built-in rung: as written in the file, or from the file that it names: YAML and JSON stand for the whole of
 * the data, NDJSON and CSV for its table.
 * @throws EvenkeelError config_invalid naming the file and the line
 */
export async function loadRungData(use: BuiltinName, data: unknown): Promise<unknown> {
  if (typeof data !== 'object' || data === null || !('file' in data) || typeof data.file !== 'string')
    return data ?? {};
  const { file, ...rest } = data;
  let text: string;
  try {
    const bytes = await readFile(file);
    if (bytes.length > MAX_BYTES) throw new Error(`has ${bytes.length} bytes; at most ${MAX_BYTES} are read`);
    text = bytes.toString('utf8');
  } catch (error) {
    throw new EvenkeelError('config_invalid', `${use}: ${file}: ${describeError(error)}`);
  }
  const kind = extname(file);
  const { table } = BUILTINS[use];
  if (kind === '.ndjson' || kind === '.csv') {
    if (table === undefined)
      throw new EvenkeelError('config_invalid', `${use}: takes no table; name a YAML or JSON file`);
    return { ...rest, [table]: kind === '.csv' ? rowsOfCsv(text) : rowsOfNdjson(text, file) };
  }
  try {
    const parsed: unknown = kind === '.json' ? JSON.parse(text) : parseYaml(text, { maxAliasCount: 100 });
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? { ...parsed, ...rest }
      : parsed;
  } catch (error) {
    throw new EvenkeelError('config_invalid', `${use}: ${file}: ${describeError(error)}`);
  }
}
