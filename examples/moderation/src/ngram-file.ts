import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { BUCKETS } from './ngram-features.ts';
import type { NgramWeights } from './ngram-model.ts';

const FORMAT = 'evenkeel-example-ngram/1';
const NEWLINE = 10;

const headerSchema = z.strictObject({
  format: z.literal(FORMAT),
  /** What the weights were learned from, and how. */
  key: z.string(),
  bias: z.number(),
  scale: z.number(),
  offset: z.number(),
  sha256: z.string(),
});

const checksum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Writes a header line and the weights, whole or not at all: a temporary file, fsync, rename. */
export function writeNgramFile(file: string, key: string, trained: NgramWeights): void {
  const body = Buffer.alloc(BUCKETS * 4);
  trained.weights.forEach((weight, i) => body.writeFloatLE(weight, i * 4));
  const { bias, scale, offset } = trained;
  const header = { format: FORMAT, key, bias, scale, offset, sha256: checksum(body) };
  mkdirSync(dirname(file), { recursive: true });
  // Two processes may train at once: each writes its own, and the last rename wins with the same weights.
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = openSync(temporary, 'w');
    try {
      writeSync(handle, `${JSON.stringify(header)}\n`);
      writeSync(handle, body);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * The weights in a file; or why there are none: it is missing, damaged, of another version, or learned from other mail.
 * @param key what it must have been learned from; undefined: whatever it was, somebody else knows
 */
export function readNgramFile(
  file: string,
  key: string | undefined,
): NgramWeights | { readonly unusable: string } {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    return { unusable: 'there is no such file' };
  }
  const end = bytes.indexOf(NEWLINE);
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.subarray(0, Math.max(end, 0)).toString('utf8'));
  } catch {
    return { unusable: 'its header is damaged' };
  }
  const header = headerSchema.safeParse(parsed);
  if (!header.success) return { unusable: 'it is of another version' };
  const { bias, scale, offset, sha256 } = header.data;
  if (key !== undefined && header.data.key !== key) return { unusable: 'it was learned from other mail' };
  const body = bytes.subarray(end + 1);
  if (body.length !== BUCKETS * 4 || checksum(body) !== sha256)
    return { unusable: 'its weights are damaged' };
  const weights = Float32Array.from({ length: BUCKETS }, (_, i) => body.readFloatLE(i * 4));
  return { weights, bias, scale, offset };
}
