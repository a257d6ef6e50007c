import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { isAbsolute, join, resolve, sep } from 'node:path';
import {
  type CheckpointManifest,
  checkpointName,
  EvenkeelError,
  MANIFEST_FILE,
  MANIFEST_FORMAT,
  stepOfName,
} from '@evenkeel/core';
import { z } from 'zod';
import { errorCode, syncDirectory, syncFile, writeWhole } from './whole-file.ts';

const manifestSchema = z.object({
  format: z.int().min(1),
  step: z.int().min(0),
  files: z
    .array(
      z.object({
        path: z.string().min(1).max(1_000),
        bytes: z.int().min(0),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1)
    .max(100_000),
  note: z.unknown().optional(),
});
const formatOnly = z.object({ format: z.int() });

const LARGEST_MANIFEST = 32 * 1024 * 1024;
const ASIDE_KEPT = 3;

export interface GoodCheckpoint {
  readonly ok: true;
  readonly name: string;
  readonly step: number;
  readonly bytes: number;
}

export interface BadCheckpoint {
  readonly ok: false;
  readonly name: string;
  readonly reason: string;
  /** Written by a later version: not damaged, but not for us. */
  readonly newer: boolean;
}

export type AsideWhy = 'corrupt' | 'tainted' | 'failed' | 'newer_than_resume';

export interface CheckpointStore {
  readonly dir: string;
  /** Names of the checkpoints that are there, oldest first, whatever they hold. */
  list(): Promise<readonly string[]>;
  /** Reads every byte and compares it with the manifest. */
  verify(name: string): Promise<GoodCheckpoint | BadCheckpoint>;
  /**
   * Makes a finished temporary directory (a child of `dir` whose name begins with `.tmp-`) a checkpoint.
   * @throws EvenkeelError bad_request when it is not one; the system's error when the disk is full
   */
  seal(temporary: string, step: number, note?: unknown): Promise<string>;
  /** Renames it so that nothing takes it for a checkpoint any more, and the same step can be saved again. */
  setAside(name: string, why: AsideWhy): Promise<string>;
  remove(name: string): Promise<void>;
  /** Removes what a dead trainer left half written. Only while no trainer runs. */
  sweep(): Promise<void>;
  /** Name in `dir` that a trainer means by `path`. @throws EvenkeelError bad_request when it lies elsewhere */
  nameOf(path: string): string;
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

/** All regular files below `dir`, by path. @throws EvenkeelError bad_request for a link or a device */
async function filesBelow(dir: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (at: string): Promise<void> => {
    for (const entry of await readdir(join(dir, at), { withFileTypes: true })) {
      const path = at === '' ? entry.name : `${at}/${entry.name}`;
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) found.push(path);
      else throw new EvenkeelError('bad_request', `${path} is neither a file nor a directory`);
    }
    if (at !== '') await syncDirectory(join(dir, at));
  };
  await walk('');
  return found.sort();
}

/**
 * Seals `temporary` as the checkpoint of `step` in `dir`: syncs each file, writes the manifest last, renames, syncs the
 * directory. A crash at any point leaves either the whole checkpoint or a temporary directory that nobody reads.
 */
export async function sealCheckpoint(
  dir: string,
  temporary: string,
  step: number,
  note?: unknown,
): Promise<string> {
  const name = checkpointName(step);
  const paths = (await filesBelow(temporary)).filter((path) => path !== MANIFEST_FILE);
  if (paths.length === 0)
    throw new EvenkeelError('bad_request', `${temporary} is empty: there is nothing to seal`);
  const files = [];
  for (const path of paths) {
    const file = join(temporary, path);
    await syncFile(file);
    files.push({ path, bytes: (await lstat(file)).size, sha256: await sha256(file) });
  }
  const manifest: CheckpointManifest = {
    format: MANIFEST_FORMAT,
    step,
    files,
    ...(note === undefined ? {} : { note }),
  };
  await writeWhole(join(temporary, MANIFEST_FILE), JSON.stringify(manifest));
  await rename(temporary, join(dir, name));
  await syncDirectory(dir);
  return name;
}

async function readManifest(
  file: string,
): Promise<CheckpointManifest | { readonly bad: string; readonly newer: boolean }> {
  let text: string;
  try {
    if ((await lstat(file)).size > LARGEST_MANIFEST)
      return { bad: 'its manifest is too large', newer: false };
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    return { bad: `it has no ${MANIFEST_FILE}`, newer: false };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { bad: 'its manifest is not JSON', newer: false };
  }
  const format = formatOnly.safeParse(value);
  if (format.success && format.data.format > MANIFEST_FORMAT)
    return {
      bad: `its manifest has format ${format.data.format}, this version reads ${MANIFEST_FORMAT}`,
      newer: true,
    };
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return {
      bad: `its manifest is wrong at ${issue?.path.join('.') ?? '?'}: ${issue?.message ?? ''}`,
      newer: false,
    };
  }
  return parsed.data;
}

/** A path that stays below its directory. */
function staysBelow(path: string): boolean {
  if (isAbsolute(path) || path.includes('\\') || path.includes('\0')) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

async function mismatch(root: string, manifest: CheckpointManifest): Promise<string | undefined> {
  const seen = new Set<string>();
  for (const { path, bytes, sha256: expected } of manifest.files) {
    if (!staysBelow(path)) return `its manifest names ${JSON.stringify(path)}, which is outside of it`;
    if (seen.has(path)) return `its manifest names ${path} twice`;
    seen.add(path);
    const file = join(root, path);
    const stat = await lstat(file).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
      throw error;
    });
    if (stat === undefined) return `${path} is missing`;
    if (!stat.isFile()) return `${path} is not a regular file`;
    if (stat.size !== bytes) return `${path} has ${stat.size} bytes, its manifest says ${bytes}`;
    if ((await sha256(file)) !== expected) return `${path} is not what its manifest says: sha256 differs`;
  }
  return undefined;
}

export async function openCheckpointStore(path: string): Promise<CheckpointStore> {
  const dir = resolve(path);
  await mkdir(dir, { recursive: true });

  async function freeName(stem: string): Promise<string> {
    const taken = new Set(await readdir(dir));
    for (let i = 1; ; i++) {
      const name = i === 1 ? stem : `${stem}-${i}`;
      if (!taken.has(name)) return name;
    }
  }

  const store: CheckpointStore = {
    dir,
    async list() {
      return (await readdir(dir)).filter((name) => stepOfName(name) !== undefined).sort();
    },
    async verify(name) {
      const bad = (reason: string, newer = false): BadCheckpoint => ({ ok: false, name, reason, newer });
      const root = join(dir, name);
      const stat = await lstat(root).catch(() => undefined);
      if (stat === undefined) return bad('it is not there');
      if (!stat.isDirectory()) return bad('it is not a directory');
      const manifest = await readManifest(join(root, MANIFEST_FILE));
      if ('bad' in manifest) return bad(manifest.bad, manifest.newer);
      if (manifest.step !== stepOfName(name)) return bad(`its manifest says step ${manifest.step}`);
      const wrong = await mismatch(root, manifest);
      if (wrong !== undefined) return bad(wrong);
      return {
        ok: true,
        name,
        step: manifest.step,
        bytes: manifest.files.reduce((sum, file) => sum + file.bytes, 0),
      };
    },
    async seal(temporary, step, note) {
      const name = store.nameOf(temporary);
      if (!name.startsWith('.tmp-'))
        throw new EvenkeelError('bad_request', `${name} does not begin with .tmp-`);
      const root = join(dir, name);
      if (!(await lstat(root)).isDirectory())
        throw new EvenkeelError('bad_request', `${name} is not a directory`);
      if ((await store.list()).includes(checkpointName(step)))
        throw new EvenkeelError('conflict', `${checkpointName(step)} is there already`);
      return sealCheckpoint(dir, root, step, note);
    },
    async setAside(name, why) {
      const target = await freeName(`.${why}-${name}`);
      await rename(join(dir, name), join(dir, target));
      await syncDirectory(dir);
      const aside = (await readdir(dir))
        .filter((other) => other.startsWith(`.${why}-`) && other !== target)
        .sort();
      for (const old of aside.slice(0, Math.max(0, aside.length - (ASIDE_KEPT - 1))))
        await rm(join(dir, old), { recursive: true, force: true });
      return target;
    },
    async remove(name) {
      if (stepOfName(name) === undefined)
        throw new EvenkeelError('bad_request', `${name} is not a checkpoint's name`);
      const gone = join(dir, `.tmp-deleted-${name}`);
      try {
        // Renamed first: a crash in the middle of deleting must not leave half a checkpoint under a good name.
        await rename(join(dir, name), gone);
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return;
        throw error;
      }
      await rm(gone, { recursive: true, force: true });
    },
    async sweep() {
      for (const name of await readdir(dir))
        if (name.startsWith('.tmp-')) await rm(join(dir, name), { recursive: true, force: true });
    },
    nameOf(given) {
      const full = resolve(dir, given);
      const name = full.startsWith(dir + sep) ? full.slice(dir.length + 1) : '';
      if (name === '' || name.includes(sep))
        throw new EvenkeelError('bad_request', `${JSON.stringify(given)} is not directly inside ${dir}`);
      return name;
    },
  };
  return store;
}
