// What the commands of this repository share: running a step, saying how long it took, finding npm.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a command to its end; rejects with its exit code. Output is inherited unless `quiet`. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      stdio: options.quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...options.env },
    });
    let output = '';
    child.stdout?.on('data', (piece) => {
      output += piece;
    });
    child.stderr?.on('data', (piece) => {
      output += piece;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ${args.join(' ')} ended with ${signal ?? code}\n${output}`));
    });
  });
}

/** Runs `body` under a name and remembers how long it took. */
export function stopwatch() {
  const laps = [];
  return {
    laps,
    async lap(name, body) {
      const began = process.hrtime.bigint();
      const result = await body();
      laps.push({ name, seconds: Number(process.hrtime.bigint() - began) / 1e9 });
      return result;
    },
    words: () => laps.map((lap) => `${lap.name} ${lap.seconds.toFixed(1)} s`).join(', '),
  };
}

const lockStamp = join(root, 'node_modules', '.evenkeel-lock');
const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');

/** True when node_modules is what the lockfile says. */
export function installed() {
  return existsSync(lockStamp) && readFileSync(lockStamp, 'utf8') === lockHash();
}

/** Installs exactly what the lockfile says, unless it is there already. */
export async function install() {
  if (installed()) return false;
  await run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {});
  mkdirSync(dirname(lockStamp), { recursive: true });
  writeFileSync(lockStamp, lockHash());
  return true;
}

/** Compiles all packages; incremental. Then the dashboard, where its sources have changed. */
export async function build() {
  await run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'], {});
  await run(process.execPath, [join(root, 'packages', 'web', 'scripts', 'build.mjs')], {});
}
