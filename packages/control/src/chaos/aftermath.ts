import type { ServiceConfig } from '@evenkeel/config';
import {
  type Clock,
  EVENKEEL,
  type IncidentIntent,
  type IncidentType,
  incidentIdMaker,
  isOpen,
  openIncident,
  type Random,
  type RunStatus,
} from '@evenkeel/core';
import type { Documents } from '@evenkeel/store';
import type { IncidentBook } from '../incidents/book.ts';
import { messages } from '../incidents/telling.ts';
import { type KeptRun, readRun } from './kept-run.ts';

/** What a run leaves behind at incidents, and what it keeps from happening. */
export interface Aftermath {
  /** Something is left that people must look at. */
  raise(run: KeptRun, what: string, reason: string): Promise<void>;
  /** The incident that it reproduces learns whether it stays fixed. */
  finished(run: KeptRun, status: RunStatus): Promise<void>;
  /** Why something of a service may not happen now: the newest verdict of an experiment that blocks it is red. */
  blocked(service: string, what: 'promotion'): Promise<string | undefined>;
}

const MOST_RUNS = 500;
const prefixOf = (service: string): string => `${service}|chaos|`;

/** Whether an incident was opened by an experiment that left something behind, and not because anything was noticed. */
export function isOfChaos(service: string, dedupKey: string): boolean {
  return dedupKey.startsWith(prefixOf(service));
}

/** What kind of trouble a fault is that did not go away. */
function typeOf({ experiment }: KeptRun): IncidentType {
  const first = experiment.method.find((step) => step.kind === 'fault');
  switch (first?.kind === 'fault' ? first.fault.type : undefined) {
    case 'feature_store_latency':
    case 'stale_features':
      return 'feature_pipeline';
    case 'data_quality':
      return 'data_quality';
    case 'model_failure':
    case 'worker_kill':
      return 'model_degradation';
    default:
      return 'serving_latency';
  }
}

export function aftermath(parts: {
  readonly documents: Documents;
  readonly book: IncidentBook;
  readonly clock: Clock;
  readonly random: Random;
  readonly config: (service: string) => ServiceConfig | undefined;
  readonly tell: (what: string, reason: string) => void;
}): Aftermath {
  const { documents, book, clock, tell } = parts;
  const newId = incidentIdMaker(clock, parts.random);
  const now = (): number => Math.round(clock.wall());

  async function open(run: KeptRun, title: string, reason: string): Promise<void> {
    const { service, name } = run.experiment;
    const dedupKey = `${prefixOf(service)}${name}|${title}`;
    if (book.live(service).some(({ incident }) => isOpen(incident) && incident.dedupKey === dedupKey)) return;
    const config = parts.config(service);
    const incident = openIncident(
      {
        id: newId(),
        service,
        type: typeOf(run),
        severity: 'SEV2',
        severityReason: 'an experiment has left something behind',
        title,
        description: `${reason} (run ${run.state.id})`,
        by: EVENKEEL,
        dedupKey,
        likelyCause: `experiment ${name}`,
      },
      now(),
    );
    await book.create(incident, {
      outbox: (made) =>
        config === undefined
          ? []
          : messages(config.incidents, made, 'opened', {
              page: made.severity <= config.incidents.pageFrom,
              recipient: config.owner,
              at: now(),
            }),
    });
    tell(`${service}: incident ${incident.id}`, title);
  }

  return {
    raise: open,
    async finished(run, status) {
      const { experiment, state } = run;
      const id = experiment.incident;
      if (id === undefined || (status !== 'completed' && status !== 'failed')) return;
      const green = status === 'completed';
      const command = async (intent: IncidentIntent): Promise<void> => {
        const result = await book.command(id, { by: EVENKEEL, at: now(), intent });
        if (!result.ok) tell(`${id} was left as it is`, result.message);
      };
      const known = await book.get(id).catch(() => undefined);
      if (known === undefined) {
        tell(`experiment ${experiment.name} reproduces ${id}`, 'there is no such incident');
        return;
      }
      await command({
        do: 'set_experiment',
        experiment: { id: experiment.name, state: green ? 'green' : 'red', at: now() },
      });
      if (green) return;
      await command({
        do: 'note',
        text: `What was fixed is open again: ${experiment.name} failed (run ${state.id}): ${state.reason}`,
      });
      // A closed one stays closed; the question gets an incident of its own.
      if (known.incident.status === 'closed')
        await open(run, `${known.incident.title}: not fixed after all`, `${id} is closed; ${state.reason}`);
    },
    async blocked(service, what) {
      const rows = await documents.list({
        kind: 'experiment_run',
        service,
        states: ['completed', 'failed'],
        limit: MOST_RUNS,
      });
      const seen = new Set<string>();
      for (const row of rows) {
        if (seen.has(row.label)) continue;
        seen.add(row.label);
        if (row.state !== 'failed') continue;
        const run = readRun(row);
        if (run?.experiment.blocks.includes(what) === true)
          return `experiment ${row.label} is red (run ${row.id}): ${run.state.reason}`;
      }
      return undefined;
    },
  };
}
