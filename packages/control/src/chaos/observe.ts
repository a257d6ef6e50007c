import type { ServiceConfig } from '@evenkeel/config';
import { type BudgetView, type Directive, isOpen, type Observation } from '@evenkeel/core';
import type { IncidentBook } from '../incidents/book.ts';
import type { People } from '../incidents/people.ts';
import type { AlertBook } from '../objectives/alerts.ts';
import type { Evaluator } from '../objectives/evaluator.ts';
import type { PolicyBook } from '../objectives/policies.ts';
import { directivesOf, type KeptRun } from './kept-run.ts';
import type { Sight } from './sight.ts';

export interface ObserveParts {
  readonly sight: Sight;
  readonly evaluator: Pick<Evaluator, 'standings'>;
  readonly book: Pick<IncidentBook, 'live'>;
  readonly alerts: Pick<AlertBook, 'list'>;
  readonly policies: Pick<PolicyBook, 'restriction'>;
  readonly people: Pick<People, 'whoIs'>;
  readonly config: (service: string) => ServiceConfig | undefined;
  /** Those that are stored and in force, of every service. */
  readonly directives: () => readonly Directive[];
  /** Why nothing of the service can be seen now: its control plane is out, on purpose. */
  readonly silent: (service: string) => boolean;
}

/** Milliseconds of the traffic that safety is judged by. */
const RECENT_MS = 10_000;
/** Fewer bad events than these are no burn yet: then the long window has to say so, and with as many. */
const BELIEVED = 5;
const MOST_ALERTS = 200;

/** The budgets of a service as experiments look at them; undefined when they have not been judged. */
export function budgetsOf(
  { evaluator, config }: Pick<ObserveParts, 'evaluator' | 'config'>,
  service: string,
): readonly BudgetView[] | undefined {
  const standings = evaluator.standings(service).filter(({ status }) => status.segment === '');
  if (standings.length === 0 && (config(service)?.objectives.length ?? 1) > 0) return undefined;
  return standings.map(({ status }): BudgetView => {
    const fast = status.alerts.find(({ factor }) => factor > 0);
    const short = fast?.shortBurn;
    let burnRate = short;
    if (fast !== undefined && short !== undefined && fast.shortBad < BELIEVED)
      burnRate = fast.longBad < BELIEVED ? 0 : Math.min(short, fast.longBurn ?? short);
    // Of a window that has only begun, every bad event is a large share of what has passed: counted is its share of the
    // whole window at the traffic so far.
    const { remaining } = status.adjusted;
    return {
      objective: status.objective,
      burnRate,
      remaining: remaining === undefined ? undefined : 1 - (1 - remaining) * status.seen,
    };
  });
}

function onCall({ people }: ObserveParts, config: ServiceConfig | undefined): string | null | undefined {
  if (config === undefined) return undefined;
  const roles = Object.keys(config.incidents.onCall);
  if (roles.length === 0) return config.owner;
  return roles.flatMap((role) => people.whoIs(config, role))[0] ?? null;
}

/** Somebody else's fault on the same service would be taken for this one's. */
function otherFault({ directives }: ObserveParts, { state, experiment }: KeptRun): string | undefined {
  const own = new Set(directivesOf(state));
  const other = directives().find(
    ({ id, service, order }) => order.kind === 'fault' && service === experiment.service && !own.has(id),
  );
  return other === undefined ? undefined : `the fault ${other.id} by ${other.owner}`;
}

/**
 * Looks at a service for one run.
 * @param windowMs milliseconds since the phase began
 * @param others runs of the same service that were there before
 */
export async function observe(
  parts: ObserveParts,
  run: KeptRun,
  windowMs: number,
  others: readonly KeptRun[],
): Promise<Observation> {
  const { sight, book, alerts, policies } = parts;
  const { state, experiment } = run;
  const { service } = experiment;
  const incidents = book.live(service).map(({ incident }) => incident);
  const silent = parts.silent(service);
  const ids = directivesOf(state);
  const fired = await alerts.list({ service, limit: MOST_ALERTS }).then(
    (all) =>
      all.flatMap(({ objective, pair, log }) =>
        log.flatMap(({ kind, at }) =>
          kind === 'fired' && at >= state.startedAt
            ? [
                { name: objective, at },
                { name: `${objective}/${pair}`, at },
              ]
            : [],
        ),
      ),
    () => undefined,
  );
  const config = parts.config(service);
  return {
    window: sight.window(service, windowMs),
    recent: sight.window(service, RECENT_MS),
    arms: ids.length === 0 ? undefined : sight.arms(service, ids),
    budgets: silent ? undefined : budgetsOf(parts, service),
    incidents: incidents.map((one) => ({
      id: one.id,
      type: one.type,
      openedAt: one.detectedAt,
      open: isOpen(one),
    })),
    alerts: fired,
    pages: incidents.flatMap(({ pages }) =>
      pages.filter(({ at }) => at >= state.startedAt).map(({ to, at }) => ({ who: to, at })),
    ),
    replicas: sight.replicas(service),
    faults: sight.inForce(service, ids),
    onCall: onCall(parts, config),
    otherExperiment:
      others[0] === undefined
        ? (otherFault(parts, run) ?? null)
        : `${others[0].experiment.name} (${others[0].state.id})`,
    forbidden: policies.restriction(service, 'experiments') ?? null,
  };
}
