// The built core, with what its index does not show.
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const load = (file) => import(pathToFileURL(resolve(root, 'packages/core/dist', file)).href);
export const core = { ...(await load('index.js')), ...(await load('incidents/severity.js')) };
