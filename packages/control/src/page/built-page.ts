import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';

/** One file of the page, in memory: the files of one build belong together, whatever is built meanwhile. */
export interface PageFile {
  readonly type: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  /** Compressed at build time; undefined where that saves nothing. */
  readonly gzip: Uint8Array<ArrayBuffer> | undefined;
}

/** The built dashboard: `index.html` and what it loads from `assets/`. */
export interface BuiltPage {
  readonly index: PageFile;
  readonly assets: ReadonlyMap<string, PageFile>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

function fileOf(path: string): PageFile | undefined {
  const type = TYPES[extname(path)];
  if (type === undefined) return undefined;
  const packed = statSync(`${path}.gz`, { throwIfNoEntry: false });
  return {
    type,
    plain: new Uint8Array(readFileSync(path)),
    gzip: packed === undefined ? undefined : new Uint8Array(readFileSync(`${path}.gz`)),
  };
}

/** Reads a built page; undefined when none lies there. */
export function readPage(dir: string): BuiltPage | undefined {
  const path = join(dir, 'index.html');
  const index = statSync(path, { throwIfNoEntry: false }) === undefined ? undefined : fileOf(path);
  if (index === undefined) return undefined;
  const assets = new Map<string, PageFile>();
  for (const name of readdirSync(join(dir, 'assets'))) {
    const file = fileOf(join(dir, 'assets', name));
    if (file !== undefined) assets.set(name, file);
  }
  return { index, assets };
}
