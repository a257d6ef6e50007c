import type { ServiceConfig } from '@evenkeel/config';
import {
  ACTION_KINDS,
  type Actor,
  type Clock,
  type CommandResult,
  EvenkeelError,
  INCIDENT_STATUSES,
  INCIDENT_TYPES,
  incidentIdMaker,
  openIncident,
  type Random,
  runbook,
  SEVERITIES,
} from '@evenkeel/core';
import { z } from 'zod';
import { type ApiCaller, noBody, noQuery, type Route, read, write } from '../api/route.ts';
import type { Recorder } from '../audit/recorder.ts';
import { unknownService } from '../services/routes.ts';
import type { Mitigations } from './actions.ts';
import type { IncidentBook } from './book.ts';
import type { IncidentEngine } from './engine.ts';
import { messages, statusText } from './telling.ts';

const reason = z.string().trim().min(1).max(2_000);
const intent = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('investigate'), note: reason.optional() }),
  z.strictObject({ do: z.literal('mitigate'), note: reason.optional() }),
  z.strictObject({ do: z.literal('resolve'), resolution: reason }),
  z.strictObject({ do: z.literal('start_review') }),
  z.strictObject({ do: z.literal('close') }),
  z.strictObject({ do: z.literal('reopen'), reason }),
  z.strictObject({ do: z.literal('acknowledge'), note: reason.optional() }),
  z.strictObject({ do: z.literal('note'), text: z.string().trim().min(1).max(20_000) }),
  z.strictObject({ do: z.literal('set_severity'), severity: z.enum(SEVERITIES), reason }),
  z.strictObject({ do: z.literal('set_type'), type: z.enum(INCIDENT_TYPES), reason }),
  z.strictObject({
    do: z.literal('set_field'),
    field: z.enum(['title', 'description', 'root_cause', 'resolution']),
    value: z.string().trim().min(1).max(20_000),
  }),
  z.strictObject({ do: z.literal('waive_experiment'), reason }),
]);
const commandInput = z.strictObject({
  intent,
  /** Revision of the incident that the decision was made on; 409 when it has changed since. */
  if_revision: z.int().min(1).optional(),
});
const openInput = z.strictObject({
  service: z.string().min(1).max(200),
  type: z.enum(INCIDENT_TYPES),
  severity: z.enum(SEVERITIES),
  title: z.string().trim().min(1).max(500),
  description: z.string().max(20_000).default(''),
  started_at: z.number().optional(),
});
const listFilter = z.strictObject({
  service: z.string().optional(),
  status: z.enum(INCIDENT_STATUSES).optional(),
  open: z.enum(['true', 'false']).optional(),
  type: z.enum(INCIDENT_TYPES).optional(),
  from: z.coerce.number().optional(),
  to: z.coerce.number().optional(),
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
const OPEN = ['detected', 'investigating', 'mitigating'];

/** What people are told of; the rest is on the timeline for whoever looks. */
function eventOf(
  done: z.output<typeof intent>['do'],
): 'acknowledged' | 'resolved' | 'reopened' | 'updated' | undefined {
  switch (done) {
    case 'acknowledge':
      return 'acknowledged';
    case 'resolve':
      return 'resolved';
    case 'reopen':
      return 'reopened';
    case 'set_severity':
    case 'set_type':
      return 'updated';
    default:
      return undefined;
  }
}

function refused(result: Extract<CommandResult, { ok: false }>): EvenkeelError {
  const next = result.allowed.length === 0 ? '' : ` (from here: ${result.allowed.join(', ')})`;
  const code = result.code === 'reason_needed' ? 'bad_request' : 'conflict';
  return new EvenkeelError(code, `${result.message}${next}`);
}

export function incidentRoutes(parts: {
  readonly book: IncidentBook;
  readonly engine: IncidentEngine;
  readonly mitigations: Mitigations;
  readonly config: (service: string) => ServiceConfig | undefined;
  readonly services: () => readonly string[];
  readonly audit: Recorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly onChange: () => void;
}): readonly Route[] {
  const { book, engine, mitigations, audit, clock } = parts;
  const newId = incidentIdMaker(clock, parts.random);
  const now = (): number => Math.round(clock.wall());
  const actor = (caller: ApiCaller): Actor => ({ name: caller.name, automatic: false });

  function configOf(service: string): ServiceConfig {
    const config = parts.config(service);
    if (config === undefined) throw unknownService(service, parts.services());
    return config;
  }

  async function current(id = '') {
    const kept = await book.get(id);
    const config = configOf(kept.incident.service);
    const seen = engine.diagnosis(config.name);
    if (seen === undefined) throw new EvenkeelError('conflict', `${config.name} has not been looked at yet`);
    return { kept, config, snapshot: seen.snapshot };
  }

  return [
    read({
      path: '/api/v1/incidents',
      role: 'viewer',
      tag: 'incidents',
      summary: 'Incidents, newest first.',
      query: listFilter,
      async handle({ status, open, ...filter }) {
        const states = status !== undefined ? [status] : open === 'true' ? OPEN : undefined;
        const incidents = await book.list({ ...filter, states });
        return { incidents: incidents.map(({ timeline: _, ...rest }) => rest) };
      },
    }),
    read({
      path: '/api/v1/incidents/{id}',
      role: 'viewer',
      tag: 'incidents',
      summary: 'One incident whole: evidence, timeline, mitigations, pages, runbook.',
      query: noQuery,
      async handle(_, { params }) {
        const { incident, actions } = await book.get(params.id ?? '');
        return { ...incident, actions, runbook: runbook(incident.type), statusText: statusText(incident) };
      },
    }),
    write({
      method: 'post',
      path: '/api/v1/incidents',
      role: 'operator',
      tag: 'incidents',
      summary: 'Opens one by hand.',
      status: 201,
      body: openInput,
      async handle({ started_at, ...input }, { caller }) {
        const config = configOf(input.service);
        const incident = openIncident(
          {
            ...input,
            id: newId(),
            severityReason: `set by ${caller.name}`,
            startedAt: started_at,
            by: actor(caller),
          },
          now(),
        );
        await book.create(incident, {
          // Whom it wakes the engine wakes, along the escalation path.
          outbox: (made) =>
            made.severity <= config.incidents.pageFrom
              ? []
              : messages(config.incidents, made, 'opened', {
                  page: false,
                  recipient: config.owner,
                  at: now(),
                }),
          audit: (made) => [
            {
              at: now(),
              by: caller.name,
              action: 'incident.open',
              subject: made.id,
              service: made.service,
              detail: input,
            },
          ],
        });
        parts.onChange();
        return incident;
      },
    }),
    write({
      method: 'post',
      path: '/api/v1/incidents/{id}/commands',
      role: 'operator',
      tag: 'incidents',
      summary:
        'Acknowledges, moves on, notes, sets severity, type or fields; 409 when it is not possible (any more).',
      body: commandInput,
      async handle({ intent: wanted, if_revision }, { params, caller }) {
        const { id = '' } = params;
        const { incident } = await book.get(id);
        const config = configOf(incident.service);
        const event = eventOf(wanted.do);
        const result = await book.command(
          id,
          { by: actor(caller), at: now(), intent: wanted, ifRevision: if_revision },
          {
            outbox: (changed) =>
              event === undefined
                ? []
                : messages(config.incidents, changed, event, {
                    page: false,
                    recipient: config.owner,
                    at: now(),
                  }),
            audit: (changed) => [
              {
                at: now(),
                by: caller.name,
                action: `incident.${wanted.do}`,
                subject: id,
                service: changed.service,
                detail: wanted,
              },
            ],
          },
        );
        if (!result.ok) throw refused(result);
        parts.onChange();
        return result.incident;
      },
    }),
    read({
      path: '/api/v1/incidents/{id}/actions',
      role: 'viewer',
      tag: 'incidents',
      summary: 'What can be done at once, each with what it would change here and now.',
      query: noQuery,
      async handle(_, { params }) {
        const { kept, config, snapshot } = await current(params.id);
        const { immediateActions } = runbook(kept.incident.type);
        return {
          actions: immediateActions.map((action) => ({
            ...action,
            plan: mitigations.plan(config, kept.incident, snapshot, action.kind),
          })),
        };
      },
    }),
    write({
      method: 'post',
      path: '/api/v1/incidents/{id}/actions',
      role: 'operator',
      tag: 'incidents',
      summary: 'Carries an action out; it is judged, and undone if it does not help.',
      status: 201,
      body: z.strictObject({ action: z.enum(ACTION_KINDS) }),
      async handle({ action }, { params, caller }) {
        const { kept, config, snapshot } = await current(params.id);
        const done = await mitigations.act(config, kept.incident.id, snapshot, action, actor(caller));
        await audit(caller, 'incident.act', kept.incident.id, config.name, { action });
        parts.onChange();
        return done;
      },
    }),
    write({
      method: 'delete',
      path: '/api/v1/incidents/{id}/actions/{mitigation}',
      role: 'operator',
      tag: 'incidents',
      summary: 'Undoes a mitigation; nothing automatic follows for this incident.',
      body: noBody,
      async handle(_, { params, caller }) {
        const { kept, config } = await current(params.id);
        await mitigations.undo(config, kept.incident.id, params.mitigation ?? '', actor(caller));
        await audit(caller, 'incident.undo', kept.incident.id, config.name, {
          mitigation: params.mitigation,
        });
        parts.onChange();
        return undefined;
      },
    }),
    read({
      path: '/api/v1/services/{name}/diagnosis',
      role: 'viewer',
      tag: 'services',
      summary: 'The signals that hold now, and the types of incident that they speak for.',
      query: noQuery,
      handle(_, { params }) {
        const config = configOf(params.name ?? '');
        return {
          signals: engine.watch(config.name).signals ?? null,
          diagnosis: engine.diagnosis(config.name)?.diagnosis ?? null,
        };
      },
    }),
  ];
}
