import {
  type CommandResult,
  type IncidentCommand,
  type IncidentIntent,
  REOPEN_MS,
  type RefusalCode,
} from './command.ts';
import {
  type Actor,
  type Incident,
  type IncidentSignal,
  type IncidentStatus,
  isOpen,
  type TimelineEntry,
  type TimelineKind,
} from './incident.ts';
import { experimentPath } from './links.ts';
import { spell } from './stamp.ts';

/**
 * Where one may go from where. Forward steps may be skipped while the trouble lasts (what recovers by itself was never mitigated);
 * the review may not. Reopening is a command of its own, with a time limit.
 */
export const TRANSITIONS: Readonly<Record<IncidentStatus, readonly IncidentStatus[]>> = {
  detected: ['investigating', 'mitigating', 'resolved'],
  investigating: ['mitigating', 'resolved'],
  mitigating: ['investigating', 'resolved'],
  resolved: ['post_mortem'],
  post_mortem: ['closed'],
  closed: [],
};

type Change = Partial<Omit<Incident, 'id' | 'timeline' | 'revision'>>;

/** What a command comes to: a change with its lines, or a refusal. */
type Outcome =
  | { readonly change: Change; readonly lines: readonly Line[] }
  | { readonly code: RefusalCode; readonly message: string };

interface Line {
  readonly kind: TimelineKind;
  readonly text: string;
  readonly decisive?: boolean;
  readonly link?: string;
}

/**
 * Applies one command. Pure: the new incident and the lines that were appended, or why not. Commands of two people in the same
 * moment: the first wins, the second is told (by `ifRevision`, or because what it asks for is not possible any more).
 */
export function applyCommand(incident: Incident, command: IncidentCommand): CommandResult {
  const { by, ifRevision } = command;
  const refuse = (code: RefusalCode, message: string): CommandResult => ({
    ok: false,
    code,
    message,
    allowed: TRANSITIONS[incident.status],
  });
  if (ifRevision !== undefined && ifRevision !== incident.revision) {
    const last = incident.timeline.at(-1);
    return refuse(
      'stale',
      `somebody else was faster: ${last?.by ?? 'another'} ${last?.text ?? 'changed it'}`,
    );
  }
  const last = incident.timeline.at(-1);
  // The order of the timeline is the order of what happened, whatever a clock says.
  const at = Math.max(command.at, last?.at ?? command.at);
  const outcome = decide(incident, command.intent, by, at);
  if ('code' in outcome) return refuse(outcome.code, outcome.message);
  const entries: TimelineEntry[] = outcome.lines.map(({ kind, text, decisive = false, link }) => ({
    at,
    by: by.name,
    automatic: by.automatic,
    kind,
    text,
    decisive,
    link,
  }));
  return {
    ok: true,
    entries,
    incident: {
      ...incident,
      ...outcome.change,
      timeline: entries.length === 0 ? incident.timeline : [...incident.timeline, ...entries],
      revision: incident.revision + 1,
    },
  };
}

function decide(incident: Incident, intent: IncidentIntent, by: Actor, at: number): Outcome {
  const closed = incident.status === 'closed';
  switch (intent.do) {
    case 'investigate':
      return move(incident, 'investigating', intent.note ?? '', {});
    case 'mitigate':
      return move(incident, 'mitigating', intent.note ?? '', {
        mitigatedAt: incident.mitigatedAt ?? at,
      });
    case 'resolve':
      if (intent.resolution.trim() === '') return no('reason_needed', 'say what resolved it');
      return move(incident, 'resolved', intent.resolution, {
        resolvedAt: at,
        resolution: incident.resolution ?? intent.resolution,
      });
    case 'start_review':
      return move(incident, 'post_mortem', '', {});
    case 'close':
      return close(incident, at);
    case 'reopen':
      return reopen(incident, intent.reason, at);
    case 'acknowledge':
      return acknowledge(incident, by, at, intent.note);
    case 'note':
      if (intent.text.trim() === '') return no('reason_needed', 'the note is empty');
      return { change: {}, lines: [{ kind: 'note', text: intent.text }] };
    case 'set_severity': {
      if (closed) return no('closed', 'a closed incident keeps its severity');
      if (intent.reason.trim() === '') return no('reason_needed', 'say why the severity changes');
      if (by.automatic && !incident.severityBy.automatic) return kept('severity', incident.severityBy);
      if (intent.severity === incident.severity)
        return no('nothing_to_do', `it is ${intent.severity} already`);
      const raised = intent.severity < incident.severity;
      return {
        change: { severity: intent.severity, severityReason: intent.reason, severityBy: by },
        lines: [
          {
            kind: 'severity',
            text: `${raised ? 'raised' : 'lowered'} from ${incident.severity} to ${intent.severity}: ${intent.reason}`,
            decisive: raised,
          },
        ],
      };
    }
    case 'set_type':
      if (closed) return no('closed', 'a closed incident keeps its type');
      if (by.automatic && !incident.typeBy.automatic) return kept('type', incident.typeBy);
      if (intent.type === incident.type) return no('nothing_to_do', `it is ${intent.type} already`);
      return {
        change: { type: intent.type, typeBy: by },
        lines: [{ kind: 'type', text: `from ${incident.type} to ${intent.type}: ${intent.reason}` }],
      };
    case 'set_field':
      return setField(incident, intent.field, intent.value);
    case 'affect': {
      const systems = [...new Set([...incident.affectedSystems, ...intent.systems])];
      const added = systems.slice(incident.affectedSystems.length);
      return {
        change: {
          affectedSystems: systems,
          affectedMetrics: { ...incident.affectedMetrics, ...intent.metrics },
        },
        lines: added.length === 0 ? [] : [{ kind: 'field', text: `affects ${added.join(', ')} too` }],
      };
    }
    case 'observe':
      return observe(incident, intent.signals, intent.likelyCause);
    case 'paged':
      return {
        change: { pages: [...incident.pages, intent.page] },
        lines: [
          {
            kind: 'page',
            text: `paged ${intent.page.to} (${intent.page.role})`,
            decisive: incident.pages.length === 0,
          },
        ],
      };
    case 'record_mitigation': {
      const { mitigation } = intent;
      const before = incident.mitigations.find(({ id }) => id === mitigation.id);
      const what =
        before === undefined || mitigation.state === 'applied'
          ? mitigation.text
          : `${mitigation.state}: ${mitigation.text}${mitigation.outcome === undefined ? '' : `; ${mitigation.outcome}`}`;
      return {
        change: {
          mitigations:
            before === undefined
              ? [...incident.mitigations, mitigation]
              : incident.mitigations.map((known) => (known.id === mitigation.id ? mitigation : known)),
        },
        lines: [
          {
            kind: 'mitigation',
            text: what,
            decisive: mitigation.state === 'applied' || mitigation.state === 'kept',
          },
        ],
      };
    }
    case 'link':
      if (
        incident.links.some(
          ({ kind, incident: other }) => kind === intent.link.kind && other === intent.link.incident,
        )
      )
        return no('nothing_to_do', 'they are linked already');
      return {
        change: { links: [...incident.links, intent.link] },
        lines: [{ kind: 'link', text: `${intent.link.kind.replaceAll('_', ' ')} ${intent.link.incident}` }],
      };
    case 'silence':
      if (intent.silence === incident.silencedBy) return no('nothing_to_do', 'nothing changes');
      return {
        change: { silencedBy: intent.silence },
        lines: [
          {
            kind: 'field',
            text: intent.silence === undefined ? 'no longer silenced' : `silenced by ${intent.silence}`,
          },
        ],
      };
    case 'set_experiment': {
      const { experiment } = intent;
      return {
        change: { experiment },
        lines: [
          {
            kind: 'experiment',
            text: `experiment ${experiment.id} is ${experiment.state}`,
            link: experimentPath(experiment.id),
          },
        ],
      };
    }
    case 'waive_experiment':
      if (intent.reason.trim() === '')
        return no('reason_needed', 'say why no experiment is needed to keep this fixed');
      if (by.automatic) return no('operator_decided', 'only a person waives an experiment');
      return {
        change: { waiver: { by: by.name, reason: intent.reason, at } },
        lines: [{ kind: 'experiment', text: `experiment waived: ${intent.reason}`, decisive: true }],
      };
  }
}

function no(code: RefusalCode, message: string): Outcome {
  return { code, message };
}

function kept(what: string, by: Actor): Outcome {
  return no('operator_decided', `${by.name} has set the ${what}; a person's word stays`);
}

function move(incident: Incident, to: IncidentStatus, note: string, change: Change): Outcome {
  const { status } = incident;
  if (!TRANSITIONS[status].includes(to)) {
    const since = incident.timeline.findLast(({ kind }) => kind === 'status');
    const allowed = TRANSITIONS[status];
    return no(
      status === 'closed' ? 'closed' : 'illegal_transition',
      status === to
        ? `it is ${to} already, by ${since?.by ?? 'another'}`
        : `from ${status} an incident goes to ${allowed.length === 0 ? 'nowhere: open a new one and link it' : allowed.join(' or ')}, not to ${to}`,
    );
  }
  return {
    change: { ...change, status: to },
    lines: [{ kind: 'status', text: note === '' ? to : `${to}: ${note}`, decisive: to !== 'investigating' }],
  };
}

function close(incident: Incident, at: number): Outcome {
  if (incident.status === 'post_mortem' && incident.waiver === undefined) {
    const { experiment } = incident;
    if (experiment === undefined)
      return no(
        'experiment_missing',
        'no experiment reproduces its trigger: make one, or waive it with a reason',
      );
    if (experiment.state !== 'green')
      return no(
        experiment.state === 'red' ? 'experiment_red' : 'experiment_missing',
        `experiment ${experiment.id} ${experiment.state === 'red' ? 'is red: what it reproduces is not fixed' : 'has not passed yet'}`,
      );
  }
  return move(incident, 'closed', '', { closedAt: at });
}

function reopen(incident: Incident, reason: string, at: number): Outcome {
  if (incident.status !== 'resolved' && incident.status !== 'post_mortem') {
    return no(
      incident.status === 'closed' ? 'closed' : 'illegal_transition',
      isOpen(incident) ? 'it is open' : 'a closed incident stays closed: open a new one and link it',
    );
  }
  if (reason.trim() === '') return no('reason_needed', 'say why it is open again');
  const since = at - (incident.resolvedAt ?? at);
  if (since > REOPEN_MS)
    return no('too_late', `it was resolved ${spell(since)} ago: open a new one and link it`);
  return {
    change: {
      status: 'investigating',
      resolvedAt: undefined,
      resolution: undefined,
      recurrences: incident.recurrences + 1,
    },
    lines: [{ kind: 'status', text: `reopened: ${reason}`, decisive: true }],
  };
}

function acknowledge(incident: Incident, by: Actor, at: number, note: string | undefined): Outcome {
  if (!isOpen(incident)) return no('illegal_transition', `it is ${incident.status}: nothing to acknowledge`);
  if (incident.acknowledgedBy !== undefined)
    return no('nothing_to_do', `${incident.acknowledgedBy} has acknowledged it already`);
  if (by.automatic) return no('operator_decided', 'only a person acknowledges');
  return {
    change: {
      acknowledgedAt: at,
      acknowledgedBy: by.name,
      ...(incident.status === 'detected' ? { status: 'investigating' } : {}),
    },
    lines: [
      {
        kind: 'acknowledged',
        text: note === undefined ? 'acknowledged' : `acknowledged: ${note}`,
        decisive: true,
      },
      ...(incident.status === 'detected' ? [{ kind: 'status', text: 'investigating' } as const] : []),
    ],
  };
}

function setField(
  incident: Incident,
  field: 'title' | 'description' | 'root_cause' | 'resolution',
  value: string,
): Outcome {
  if (incident.status === 'closed') return no('closed', 'a closed incident is not edited');
  if (value.trim() === '') return no('reason_needed', `${field} is empty`);
  const change: Change =
    field === 'root_cause'
      ? { rootCause: value }
      : field === 'resolution'
        ? { resolution: value }
        : field === 'title'
          ? { title: value }
          : { description: value };
  return { change, lines: [{ kind: 'field', text: `${field.replace('_', ' ')}: ${value}` }] };
}

/** New signals get a line each; known ones only move their last sight and strength. */
function observe(incident: Incident, seen: readonly IncidentSignal[], likelyCause: string): Outcome {
  const signals = new Map(incident.signals.map((signal) => [signal.key, signal]));
  const lines: Line[] = [];
  let startedAt = incident.startedAt;
  for (const signal of seen) {
    const known = signals.get(signal.key);
    if (known === undefined) {
      signals.set(signal.key, signal);
      if (signal.role === 'cause') startedAt = Math.min(startedAt, signal.firstSeen);
      lines.push({ kind: 'signal', text: signal.evidence.text, link: signal.evidence.link });
    } else {
      const stronger = signal.strength > known.strength;
      signals.set(signal.key, {
        ...known,
        lastSeen: Math.max(known.lastSeen, signal.lastSeen),
        strength: Math.max(known.strength, signal.strength),
        evidence: stronger ? signal.evidence : known.evidence,
      });
    }
  }
  return { change: { signals: [...signals.values()], likelyCause, startedAt }, lines };
}
