import { fileURLToPath } from 'node:url';
import { type BuiltPage, readPage } from '@evenkeel/control';

/** Beside the compiled program, wherever this is run from: `dist/built-page.js` or `src/built-page.ts`. */
const DIR = fileURLToPath(new URL('../dist/page/', import.meta.url));

/** The dashboard as it was built into this package; undefined where it was not. */
export function builtPage(): BuiltPage | undefined {
  return readPage(DIR);
}
