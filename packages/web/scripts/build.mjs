// Builds the dashboard into packages/evenkeel/dist/page, with a compressed copy of each file; skipped when nothing changed.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(web, '..', 'evenkeel', 'dist', 'page');
const stamp = join(out, '.sources');
/** All of the first view together, compressed, in bytes: what a person on a slow line waits for. */
const MOST_FIRST_VIEW = 150_000;

const under = (dir) =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

function fingerprint() {
  const hash = createHash('sha256');
  const sources = under(join(web, 'src')).filter((file) => !file.includes('.test.'));
  for (const file of [
    join(web, 'index.html'),
    join(web, 'package.json'),
    join(web, 'vite.config.ts'),
    ...sources,
  ]) {
    hash.update(file.slice(web.length)).update(readFileSync(file));
  }
  return hash.digest('hex');
}

const wanted = fingerprint();
if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && !process.argv.includes('--force')) {
  process.exit(0);
}
const { build } = await import('vite');
await build({ root: web, logLevel: 'warn' });

let first = 0;
const index = readFileSync(join(out, 'index.html'), 'utf8');
for (const file of under(out)) {
  if (!/\.(html|js|css|svg)$/.test(file)) continue;
  const packed = gzipSync(readFileSync(file), { level: 9 });
  if (packed.length < statSync(file).size) writeFileSync(`${file}.gz`, packed);
  const name = file.slice(out.length + 1);
  if (name === 'index.html' || index.includes(name)) first += packed.length;
}
if (first > MOST_FIRST_VIEW) {
  throw new Error(`the first view is ${first} bytes compressed; ${MOST_FIRST_VIEW} are allowed`);
}
writeFileSync(stamp, wanted);
console.log(`dashboard: first view ${(first / 1_000).toFixed(1)} kB compressed`);
