import { armOf, type Directive, type Fault, type PredictRequest } from '@evenkeel/core';

/** A fault in force, as the places where it strikes see it. */
export interface ActiveFault {
  readonly id: string;
  readonly fault: Fault;
  /** Told of everything that was really broken. */
  readonly struck: (count: number) => void;
}

export function faultOf(directive: Directive): Fault | undefined {
  return directive.order.kind === 'fault' ? directive.order.fault : undefined;
}

/** Whether a request is one of those that the fault may touch. */
export function touches(active: ActiveFault, request: PredictRequest): boolean {
  const { caller, priority } = request;
  return armOf(active.fault.radius, { tenant: caller.tenant, user: caller.user, priority }) === 'experiment';
}
