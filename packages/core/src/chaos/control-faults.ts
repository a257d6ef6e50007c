import type { Directive } from '../serving/directives.ts';

/** What the faults in force break in the control plane, for it to obey: a replica cannot break these. */
export interface ControlFaults {
  /** The control plane leaves the service alone: evaluates nothing, renews nothing. Halting and lifting still work. */
  readonly silent: boolean;
  /** Why a notification to this destination fails; undefined when it does not. */
  notifierFails(destination: string): string | undefined;
  /** Milliseconds that labels are held back. */
  readonly labelDelayMs: number;
}

/** @param directives those in force at one service */
export function controlFaults(directives: readonly Directive[]): ControlFaults {
  let silent = false;
  let labelDelayMs = 0;
  const notifiers: { readonly destination: string | undefined; readonly id: string }[] = [];
  for (const { id, order } of directives) {
    if (order.kind !== 'fault') continue;
    const { spec } = order.fault;
    if (spec.type === 'control_outage') silent = true;
    else if (spec.type === 'label_delay') labelDelayMs = Math.max(labelDelayMs, spec.byMs);
    else if (spec.type === 'notifier_outage') notifiers.push({ destination: spec.destination, id });
  }
  return {
    silent,
    labelDelayMs,
    notifierFails(destination) {
      const hit = notifiers.find(
        (fault) => fault.destination === undefined || fault.destination === destination,
      );
      return hit === undefined ? undefined : `chaos: ${destination} is out (${hit.id})`;
    },
  };
}
