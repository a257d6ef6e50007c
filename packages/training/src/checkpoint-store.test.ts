import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CheckpointStore, openCheckpointStore } from './checkpoint-store.ts';

let root = '';
let store: CheckpointStore;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'evenkeel-checkpoints-'));
  store = await openCheckpointStore(join(root, 'checkpoints'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function save(step: number, text = `weights of ${step}`): Promise<string> {
  const temporary = join(store.dir, `.tmp-${step}`);
  mkdirSync(join(temporary, 'optimiser'), { recursive: true });
  writeFileSync(join(temporary, 'weights.bin'), text);
  writeFileSync(join(temporary, 'optimiser', 'momentum.bin'), 'm');
  return store.seal(`.tmp-${step}`, step);
}

const rewrite = (name: string, change: (manifest: Record<string, unknown>) => unknown): void => {
  const file = join(store.dir, name, 'MANIFEST.json');
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')))));
};
const reason = async (name: string): Promise<string> => {
  const found = await store.verify(name);
  return found.ok ? 'good' : found.reason;
};

describe('checkpoint store', () => {
  it('seals and verifies, subdirectories included', async () => {
    const name = await save(20);
    expect(name).toBe('step-00000020');
    expect(await store.verify(name)).toEqual({ ok: true, name, step: 20, bytes: 13 + 1 });
    expect(await store.list()).toEqual([name]);
    expect(readdirSync(store.dir)).toEqual([name]);
  });

  it('finds a truncated file, a flipped bit, a missing file, a missing and a half manifest', async () => {
    const name = await save(20);
    const weights = join(store.dir, name, 'weights.bin');
    const bytes = readFileSync(weights);
    truncateSync(weights, 5);
    expect(await reason(name)).toMatch(/has 5 bytes, its manifest says 13/);
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(3) ^ 1, 3);
    writeFileSync(weights, flipped);
    expect(await reason(name)).toMatch(/sha256 differs/);
    rmSync(weights);
    expect(await reason(name)).toMatch(/weights.bin is missing/);
    writeFileSync(weights, bytes);
    expect(await reason(name)).toBe('good');
    truncateSync(join(store.dir, name, 'MANIFEST.json'), 30);
    expect(await reason(name)).toMatch(/not JSON/);
    rmSync(join(store.dir, name, 'MANIFEST.json'));
    expect(await reason(name)).toMatch(/no MANIFEST/);
  });

  it('does not believe a manifest that lies', async () => {
    const name = await save(20);
    rewrite(name, (m) => ({ ...m, step: 40 }));
    expect(await reason(name)).toMatch(/says step 40/);
    const outside = join(root, 'outside.bin');
    writeFileSync(outside, 'x');
    for (const path of ['../../outside.bin', outside, 'a//b', './weights.bin']) {
      rewrite(name, (m) => ({ ...m, step: 20, files: [{ path, bytes: 1, sha256: '0'.repeat(64) }] }));
      expect(await reason(name)).toMatch(/outside of it/);
    }
    symlinkSync(outside, join(store.dir, name, 'link'));
    rewrite(name, (m) => ({ ...m, files: [{ path: 'link', bytes: 1, sha256: '0'.repeat(64) }] }));
    expect(await reason(name)).toMatch(/not a regular file/);
    rewrite(name, (m) => ({ ...m, files: [] }));
    expect(await reason(name)).toMatch(/wrong at files/);
  });

  it('tells a newer format from damage', async () => {
    const name = await save(20);
    rewrite(name, (m) => ({ ...m, format: 2 }));
    expect(await store.verify(name)).toMatchObject({ ok: false, newer: true });
  });

  it('sets aside by name, so that the same step can be saved again, and does not pile up', async () => {
    for (let i = 0; i < 5; i++) {
      const name = await save(20);
      expect(await store.setAside(name, 'corrupt')).toMatch(/^\.corrupt-step-00000020/);
    }
    expect(readdirSync(store.dir)).toHaveLength(3);
    expect(await store.list()).toEqual([]);
  });

  it('refuses paths outside of its directory and temporaries that are none', async () => {
    for (const path of ['../x', '/etc', '.', '', 'a/b', '..'])
      expect(() => store.nameOf(path)).toThrow(/not directly inside/);
    await expect(store.seal('../.tmp-1', 1)).rejects.toThrow(/not directly inside/);
    await expect(store.seal('weights', 1)).rejects.toThrow(/does not begin/);
    mkdirSync(join(store.dir, '.tmp-empty'));
    await expect(store.seal('.tmp-empty', 1)).rejects.toThrow(/nothing to seal/);
    symlinkSync('/etc', join(store.dir, '.tmp-link'));
    await expect(store.seal('.tmp-link', 1)).rejects.toThrow(/not a directory/);
    await save(20);
    await expect(save(20)).rejects.toThrow(/there already/);
  });

  it('removes whole checkpoints, and sweeps what was left half written', async () => {
    const name = await save(20);
    mkdirSync(join(store.dir, '.tmp-half'));
    await store.remove(name);
    await store.remove(name);
    await store.sweep();
    expect(readdirSync(store.dir)).toEqual([]);
    await expect(store.remove('../checkpoints')).rejects.toThrow(/not a checkpoint/);
  });
});
