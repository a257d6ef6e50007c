import type { BudgetState, Category, ListedIncident, ServiceStatus, ShownObjective } from '../api/wire.ts';
import { depth } from './levels.ts';

const OPEN = ['detected', 'investigating', 'mitigating'];

export function isOpen({ status }: Pick<ListedIncident, 'status'>): boolean {
  return OPEN.includes(status);
}

/** The smallest budget of one category. */
export interface CategoryBudget {
  readonly category: Category;
  readonly worst: ShownObjective;
}

/** One service as Home shows it. */
export interface ServiceLine {
  readonly service: ServiceStatus;
  readonly budgets: readonly CategoryBudget[];
  readonly incidents: readonly ListedIncident[];
  /** In flight over what is admitted at once; undefined where nothing limits it. */
  readonly load: { readonly inflight: number; readonly limit: number; readonly queued: number } | undefined;
  /** Higher is worse; 0: nothing to see. */
  readonly trouble: number;
}

const STATE_TROUBLE: Readonly<Record<BudgetState, number>> = {
  no_data: 0,
  healthy: 0,
  warning: 1,
  critical: 3,
  exhausted: 5,
};
const SEVERITY_TROUBLE: Readonly<Record<string, number>> = { SEV1: 40, SEV2: 20, SEV3: 8, SEV4: 3 };
const ORDER: readonly Category[] = ['availability', 'latency', 'quality', 'freshness', 'safety', 'cost'];

/** Smallest budget of each category; what has no data stands behind what has. */
export function smallestBudgets(objectives: readonly ShownObjective[]): readonly CategoryBudget[] {
  const worst = new Map<Category, ShownObjective>();
  for (const objective of objectives) {
    const known = worst.get(objective.category);
    if (known === undefined || (objective.remaining ?? 2) < (known.remaining ?? 2)) {
      worst.set(objective.category, objective);
    }
  }
  return ORDER.flatMap((category) => {
    const found = worst.get(category);
    return found === undefined ? [] : [{ category, worst: found }];
  });
}

/** The tightest gate on the way of a request: the one that is fullest. */
function loadOf(service: ServiceStatus): ServiceLine['load'] {
  const entry = service.rungs.find(({ name }) => name === service.entry);
  const gates = [service.gate, entry?.gate].filter((gate) => gate !== undefined);
  const fullest = gates.sort(
    (a, b) => b.inflight / Math.max(1, b.effectiveLimit) - a.inflight / Math.max(1, a.effectiveLimit),
  )[0];
  if (fullest === undefined) return undefined;
  return { inflight: fullest.inflight, limit: fullest.effectiveLimit, queued: fullest.queued };
}

/** Services with what is wrong with them, the worst first. */
export function serviceLines(
  services: readonly ServiceStatus[],
  objectives: readonly ShownObjective[],
  incidents: readonly ListedIncident[],
): readonly ServiceLine[] {
  const lines = services.map((service): ServiceLine => {
    const own = objectives.filter((one) => one.service === service.name);
    const open = incidents.filter((one) => one.service === service.name && isOpen(one));
    const budgets = smallestBudgets(own);
    const trouble =
      6 * depth(service.level) +
      budgets.reduce((sum, { worst }) => sum + STATE_TROUBLE[worst.state], 0) +
      open.reduce((sum, { severity }) => sum + (SEVERITY_TROUBLE[severity] ?? 0), 0) +
      (service.file.problem === undefined ? 0 : 2);
    return { service, budgets, incidents: open, load: loadOf(service), trouble };
  });
  return lines.sort((a, b) => b.trouble - a.trouble || a.service.name.localeCompare(b.service.name));
}
