import type { RawChaos } from '../schema/chaos.ts';
import type { ChaosConfig } from '../service-config.ts';
import type { Scope } from './scope.ts';

export function resolveChaos(raw: RawChaos, timeZone: string, scope: Scope): ChaosConfig {
  const folder = (key: 'experiments' | 'gamedays'): string | undefined => {
    const path = raw[key];
    return path === undefined ? undefined : scope.file(['chaos', key], path);
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
