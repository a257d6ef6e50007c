import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, EvenkeelError } from '@evenkeel/core';

/** Weights as the registry keeps them: its own copy, which no retention deletes and no trainer writes to. */
export interface Artifact {
  readonly uri: string;
  readonly bytes: number;
  readonly sha256: string;
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,99}$/i;

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Copies weights to where versions are kept, whole or not at all. Their name is their digest: the same weights are kept once, and
 * a name never means other bytes.
 * @throws EvenkeelError bad_request when the file is missing, no regular file, or not what its checkpoint says
 */
export async function keepArtifact(
  root: string,
  service: string,
  model: string,
  file: string,
  expected: string | undefined,
): Promise<Artifact> {
  if (!NAME.test(service) || !NAME.test(model))
    throw new EvenkeelError('bad_request', `${service}/${model} is not the name of a model`);
  const directory = join(root, service, model);
  const temporary = join(directory, `.tmp-${randomUUID()}`);
  try {
    const found = await lstat(file);
    if (!found.isFile()) throw new EvenkeelError('bad_request', `${file} is not a regular file`);
    await mkdir(directory, { recursive: true });
    await copyFile(file, temporary);
    // Of the copy: what is kept is what was checked.
    const sha256 = await digestOf(temporary);
    if (expected !== undefined && sha256 !== expected)
      throw new EvenkeelError(
        'bad_request',
        `${file} is damaged: its checkpoint was sealed with other bytes`,
      );
    await sync(temporary);
    const uri = join(directory, sha256);
    await rename(temporary, uri);
    await sync(directory);
    return { uri, bytes: (await lstat(uri)).size, sha256 };
  } catch (error) {
    if (error instanceof EvenkeelError) throw error;
    throw new EvenkeelError('bad_request', `${file} cannot be kept: ${describeError(error)}`);
  } finally {
    await rm(temporary, { force: true });
  }
}
