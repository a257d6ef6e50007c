import type { IncidentType } from './incident-type.ts';

/**
 * A time in which nobody is to be woken. `silence`: incidents are recorded, nobody is told. `maintenance`: the trouble is expected,
 * no incident is opened. Both stop notification cycles that already run.
 */
export interface Silence {
  readonly id: string;
  readonly kind: 'silence' | 'maintenance';
  /** Undefined: all services. */
  readonly service: string | undefined;
  /** Undefined: all types. */
  readonly types: readonly IncidentType[] | undefined;
  /** Wall milliseconds, `from` <= at < `to`. */
  readonly from: number;
  readonly to: number;
  readonly by: string;
  readonly reason: string;
}

/** The silence that covers a service and type now; maintenance before silence. */
export function silenceFor(
  silences: readonly Silence[],
  service: string,
  type: IncidentType,
  now: number,
): Silence | undefined {
  const covering = silences.filter(
    (silence) =>
      silence.from <= now &&
      now < silence.to &&
      (silence.service === undefined || silence.service === service) &&
      (silence.types === undefined || silence.types.includes(type)),
  );
  return covering.find(({ kind }) => kind === 'maintenance') ?? covering[0];
}
