import { type ControlFaults, controlFaults, type Directive } from '@evenkeel/core';
import type { FactRow } from '@evenkeel/store';

/** What the faults in force break in this control plane. */
export interface Outages {
  /** Once a round: the orders that are in force. */
  read(directives: readonly Directive[]): void;
  directives(): readonly Directive[];
  /** The service is left alone: nothing is evaluated, nothing renewed. */
  silent(service: string): boolean;
  /** Why the API does not answer; undefined when it does. */
  api(): string | undefined;
  /** Why a message to a destination (`service/name`) fails; undefined when it does not. */
  notifier(destination: string): string | undefined;
  /** Whether a label is not there yet. @param wall milliseconds */
  heldBack(fact: Pick<FactRow, 'service' | 'arrivedAt'>, wall: number): boolean;
}

export function controlOutages(): Outages {
  let all: readonly Directive[] = [];
  let faults = new Map<string, ControlFaults>();
  return {
    read(directives) {
      all = directives;
      const broken = new Set(
        directives.filter(({ order }) => order.kind === 'fault').map((one) => one.service),
      );
      faults = new Map(
        [...broken].map((name) => [
          name,
          controlFaults(directives.filter(({ service }) => service === name)),
        ]),
      );
    },
    directives: () => all,
    silent: (service) => faults.get(service)?.silent === true,
    api() {
      const service = [...faults].find(([, { silent }]) => silent)?.[0];
      return service === undefined ? undefined : `chaos: the control plane is out (${service})`;
    },
    notifier(destination) {
      const cut = destination.indexOf('/');
      return faults.get(destination.slice(0, cut))?.notifierFails(destination.slice(cut + 1));
    },
    heldBack: ({ service, arrivedAt }, wall) => wall - arrivedAt < (faults.get(service)?.labelDelayMs ?? 0),
  };
}
