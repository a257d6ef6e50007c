import { readFileSync } from 'node:fs';

function readVersion(): string {
  const own: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof own === 'object' && own !== null && 'version' in own ? String(own.version) : '0.0.0';
}

export const VERSION: string = readVersion();
