import { resolve } from 'node:path';
import type { RawChaos } from '../schema/chaos.ts';
import type { ChaosConfig } from '../service-config.ts';
import type { Scope } from './scope.ts';

export function resolveChaos(raw: RawChaos, timeZone: string, scope: Scope): ChaosConfig {
  const folder = (key: 'experiments' | 'gamedays'): string | undefined => {
    const path = raw[key];
    if (path === undefined) return undefined;
    const full = resolve(scope.directory, path);
    if (scope.exists?.(full) === false) scope.fail(['chaos', key], `there is no folder ${full}`);
    return full;
  };
  return {
    experiments: folder('experiments'),
    gamedays: folder('gamedays'),
    settings: {
      timeZone,
      peakHours: raw.peak_hours,
      startBurnRate: raw.start_burn_rate,
      startRemaining: raw.start_remaining,
    },
  };
}
