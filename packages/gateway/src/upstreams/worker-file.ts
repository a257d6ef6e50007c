import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EvenkeelError } from '@evenkeel/core';

/**
 * The compiled thread, also when this module itself runs from source: Node 20 starts no TypeScript.
 * @throws EvenkeelError `config_invalid` when it has not been built
 */
export function workerHostFile(): string {
  const here = fileURLToPath(import.meta.url);
  const file = here.endsWith('.ts')
    ? here.replace(/([\\/])src([\\/]upstreams[\\/])worker-file\.ts$/, '$1dist$2worker-host.js')
    : here.replace(/worker-file\.js$/, 'worker-host.js');
  if (!existsSync(file)) throw new EvenkeelError('config_invalid', `${file} is missing: run "npm run build"`);
  return file;
}
