import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Mail } from './corpus.ts';
import { EMBEDDING_SIZE, type Embedder, embeddedText } from './embedder.ts';

const KEY_BYTES = 16;
const ROW_BYTES = KEY_BYTES + EMBEDDING_SIZE * 4;
const SAVE_EVERY = 200;

const keyOf = (text: string): Buffer => createHash('sha256').update(text).digest().subarray(0, KEY_BYTES);

function readRows(file: string): Map<string, Float32Array> {
  const rows = new Map<string, Float32Array>();
  if (!existsSync(file)) return rows;
  const bytes = readFileSync(file);
  for (let at = 0; at + ROW_BYTES <= bytes.length; at += ROW_BYTES) {
    const key = bytes.subarray(at, at + KEY_BYTES).toString('hex');
    rows.set(
      key,
      new Float32Array(
        bytes.buffer.slice(bytes.byteOffset + at + KEY_BYTES, bytes.byteOffset + at + ROW_BYTES),
      ),
    );
  }
  return rows;
}

function writeRows(file: string, rows: ReadonlyMap<string, Float32Array>): void {
  mkdirSync(dirname(file), { recursive: true });
  const pieces: Uint8Array[] = [];
  for (const [key, row] of rows) pieces.push(Buffer.from(key, 'hex'), new Uint8Array(row.buffer));
  writeFileSync(`${file}.tmp`, Buffer.concat(pieces));
  renameSync(`${file}.tmp`, file);
}

/**
 * Embeddings of mail, each computed once: embedding the whole archive takes minutes, and a broken run goes on where it
 * stopped. Rows are found by their text, so a change of the scrubbing recomputes only what it changed.
 * @param onProgress mails done, of all
 */
export async function embedAll(
  mails: readonly Pick<Mail, 'subject' | 'text'>[],
  file: string,
  load: () => Promise<Embedder>,
  onProgress?: (done: number, of: number) => void,
): Promise<Float32Array[]> {
  const rows = readRows(file);
  const result: Float32Array[] = [];
  let embedder: Embedder | undefined;
  let unsaved = 0;
  for (const [i, mail] of mails.entries()) {
    const text = embeddedText(mail);
    const key = keyOf(text).toString('hex');
    let row = rows.get(key);
    if (row === undefined) {
      embedder ??= await load();
      row = Float32Array.from(await embedder.embed(text));
      rows.set(key, row);
      unsaved += 1;
      if (unsaved % SAVE_EVERY === 0) writeRows(file, rows);
    }
    result.push(row);
    onProgress?.(i + 1, mails.length);
  }
  if (unsaved > 0) writeRows(file, rows);
  return result;
}
