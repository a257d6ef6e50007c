import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadServiceFile, readExperiment } from '@evenkeel/config';
import { describe, expect, it } from 'vitest';
import { checkFault } from './check-fault.ts';

const FLAGSHIP = fileURLToPath(new URL('../../../../examples/moderation', import.meta.url));
const EXPERIMENTS = join(FLAGSHIP, 'experiments');
const file = join(FLAGSHIP, 'evenkeel.yaml');

describe('checkFault', () => {
  const loaded = loadServiceFile(readFileSync(file, 'utf8'), { path: file, env: {} });
  it.each(readdirSync(EXPERIMENTS))('lets every fault of %s onto the flagship', (name) => {
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const path = join(EXPERIMENTS, name);
    const read = readExperiment(readFileSync(path, 'utf8'), path);
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    const { method, radius, service } = read.experiment;
    expect(service).toBe(loaded.service.name);
    expect(method.length).toBeGreaterThan(0);
    for (const step of method)
      if (step.kind === 'fault') checkFault(loaded.service, { spec: step.fault, radius });
  });
});
