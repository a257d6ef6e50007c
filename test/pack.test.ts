import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

it('core, packed and installed into an empty folder, is one package that imports', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'evenkeel-pack-'));
  try {
    const { stdout } = await run('npm', [
      'pack',
      '--workspace',
      '@evenkeel/core',
      '--pack-destination',
      dir,
      '--json',
    ]);
    const packed: { filename: string; files: { path: string }[] }[] = JSON.parse(stdout);
    const [tarball] = packed;
    expect(tarball?.files.some(({ path }) => path.includes('.test.'))).toBe(false);
    writeFileSync(join(dir, 'package.json'), '{"private":true,"type":"module"}');
    await run(
      'npm',
      ['install', '--offline', '--no-audit', '--no-fund', join(dir, tarball?.filename ?? '')],
      { cwd: dir },
    );
    const installed = readdirSync(join(dir, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(installed).toEqual(['@evenkeel']);
    expect(readdirSync(join(dir, 'node_modules', '@evenkeel'))).toEqual(['core']);
    const use = `import { createBreaker, guard } from '@evenkeel/core';
      const clock = { now: () => performance.now(), wall: () => Date.now() };
      const breaker = createBreaker({}, { clock, random: Math.random });
      console.log(await guard({ breaker }, { clock, timers: { after: () => () => {} }, random: Math.random })(async () => 42));`;
    const { stdout: said } = await run(process.execPath, ['--input-type=module', '-e', use], { cwd: dir });
    expect(said.trim()).toBe('42');
  } finally {
    rmSync(dir, { recursive: true });
  }
}, 60_000);
