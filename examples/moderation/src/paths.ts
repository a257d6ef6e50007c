import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of this example: the parent of `src` and of `dist` alike. */
export const EXAMPLE_DIR: string = dirname(dirname(fileURLToPath(import.meta.url)));

/** What preparing makes and every start reads again: never checked in. */
export const DATA_DIR: string = join(EXAMPLE_DIR, 'data');

/** What training makes and is checked in. */
export const MODEL_DIR: string = join(EXAMPLE_DIR, 'model');

/** A folder named in a model's options, from the example's own folder on; by default its data folder. */
export function dataDirOf(name: string | undefined): string {
  return name === undefined ? DATA_DIR : resolve(EXAMPLE_DIR, name);
}
