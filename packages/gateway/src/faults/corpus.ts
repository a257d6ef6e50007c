import { readFile } from 'node:fs/promises';
import { describeError, EvenkeelError, type Priority } from '@evenkeel/core';
import { z } from 'zod';

/** One request of a corpus or of a recording. */
export interface CorpusRow {
  readonly input: unknown;
  /** Milliseconds since the start of the recording. */
  readonly atMs: number | undefined;
  readonly priority: Priority | undefined;
  readonly tenant: string | undefined;
  readonly user: string | undefined;
}

const MAX_BYTES = 64 * 1_048_576;
const MAX_ROWS = 200_000;

const row = z.object({
  input: z.unknown().refine((value) => value !== undefined, 'expected "input"'),
  at_ms: z.number().min(0).optional(),
  priority: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]).optional(),
  tenant: z.string().min(1).max(200).optional(),
  user: z.string().min(1).max(200).optional(),
});

/** @throws EvenkeelError bad_request naming the file and the line */
export function parseCorpus(text: string, file: string): CorpusRow[] {
  const rows: CorpusRow[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const where = `${file}:${i + 1}`;
    if (rows.length >= MAX_ROWS)
      throw new EvenkeelError('bad_request', `${where}: more than ${MAX_ROWS} rows`);
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      throw new EvenkeelError('bad_request', `${where}: ${describeError(error)}`);
    }
    const parsed = row.safeParse(value);
    if (!parsed.success)
      throw new EvenkeelError('bad_request', `${where}: ${parsed.error.issues[0]?.message ?? 'not a row'}`);
    const { input, at_ms: atMs, priority, tenant, user } = parsed.data;
    rows.push({ input, atMs, priority, tenant, user });
  }
  if (rows.length === 0) throw new EvenkeelError('bad_request', `${file}: has no rows`);
  return rows;
}

/** @throws EvenkeelError bad_request when the file cannot be read or is no corpus */
export async function readCorpus(file: string): Promise<CorpusRow[]> {
  let text: string;
  try {
    const bytes = await readFile(file);
    if (bytes.length > MAX_BYTES) throw new Error(`has ${bytes.length} bytes; at most ${MAX_BYTES} are read`);
    text = bytes.toString('utf8');
  } catch (error) {
    throw new EvenkeelError('bad_request', `${file}: ${describeError(error)}`);
  }
  return parseCorpus(text, file);
}
