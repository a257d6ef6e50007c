// The built core, with what its index does not show.
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const core = await import(pathToFileURL(resolve(root, 'packages/core/dist/index.js')).href);
