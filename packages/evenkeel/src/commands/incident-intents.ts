import { INCIDENT_TYPES, SEVERITIES } from '@evenkeel/core';
import { type Command, InvalidArgumentError } from 'commander';
import { cliContext } from '../cli-context.ts';
import { incidentId } from './incident-id.ts';
import { incident } from './incident-shape.ts';

const ID = 'its id, the last characters of it, or latest';

function oneOf(known: readonly string[]): (text: string) => string {
  return (text) => {
    if (known.includes(text)) return text;
    throw new InvalidArgumentError(`expected one of ${known.join(', ')}`);
  };
}

/** Tells the control plane what a person wants of an incident, and prints where it stands then. */
async function tell(
  command: Command,
  said: string,
  intent: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { api, show } = cliContext(command);
  const id = await incidentId(api, said);
  const { ifRevision } = command.opts<{ ifRevision?: number }>();
  const done = incident.parse(
    await api.send('POST', `/api/v1/incidents/${encodeURIComponent(id)}/commands`, {
      intent,
      ...(ifRevision === undefined ? {} : { if_revision: ifRevision }),
    }),
  );
  show(done, () => `${done.id}: ${done.severity} ${done.status}, revision ${done.revision}`);
}

interface Intent {
  readonly name: string;
  readonly description: string;
  /** The word that the command takes beside the id, and how it is read. */
  readonly word?: {
    readonly name: string;
    readonly description: string;
    readonly parse?: (text: string) => string;
    readonly optional?: true;
  };
  /** A reason after the word. */
  readonly reason?: true;
  readonly example: string;
  readonly intent: (word: string | undefined, reason: string) => Readonly<Record<string, unknown>>;
}

const note = { name: 'note', description: 'what to write on the timeline', optional: true } as const;
const why = { name: 'reason', description: 'why' } as const;
const FIELDS = ['title', 'description', 'root_cause', 'resolution'] as const;

const INTENTS: readonly Intent[] = [
  {
    name: 'ack',
    description: 'say that you have it; paging stops',
    word: note,
    example: 'ack latest "looking at it"',
    intent: (word) => ({ do: 'acknowledge', ...(word === undefined ? {} : { note: word }) }),
  },
  {
    name: 'note',
    description: 'write on the timeline',
    word: { name: 'text', description: 'what to write' },
    example: 'note latest "the feature server was restarted"',
    intent: (word) => ({ do: 'note', text: word }),
  },
  {
    name: 'investigate',
    description: 'the cause is being looked for',
    word: note,
    example: 'investigate latest',
    intent: (word) => ({ do: 'investigate', ...(word === undefined ? {} : { note: word }) }),
  },
  {
    name: 'mitigate',
    description: 'something is being done against it',
    word: note,
    example: 'mitigate latest "traffic is going down"',
    intent: (word) => ({ do: 'mitigate', ...(word === undefined ? {} : { note: word }) }),
  },
  {
    name: 'resolve',
    description: 'the trouble is over',
    word: { name: 'resolution', description: 'what ended it' },
    example: 'resolve latest "the feature server is back"',
    intent: (word) => ({ do: 'resolve', resolution: word }),
  },
  {
    name: 'reopen',
    description: 'it was not over; within 24 hours',
    word: why,
    example: 'reopen latest "it is back"',
    intent: (word) => ({ do: 'reopen', reason: word }),
  },
  {
    name: 'review',
    description: 'begin the review of one that is resolved',
    example: 'review latest',
    intent: () => ({ do: 'start_review' }),
  },
  {
    name: 'waive',
    description: 'close without a regression experiment',
    word: why,
    example: 'waive latest "nothing that can be injected reproduces it"',
    intent: (word) => ({ do: 'waive_experiment', reason: word }),
  },
  {
    name: 'close',
    description: 'the review is done',
    example: 'close latest',
    intent: () => ({ do: 'close' }),
  },
  {
    name: 'severity',
    description: 'set how grave it is; it stays as set',
    word: { name: 'severity', description: SEVERITIES.join(', '), parse: oneOf(SEVERITIES) },
    reason: true,
    example: 'severity latest SEV1 "paying customers are hit"',
    intent: (word, reason) => ({ do: 'set_severity', severity: word, reason }),
  },
  {
    name: 'type',
    description: 'set what kind of trouble it is; it stays as set',
    word: { name: 'type', description: 'such as data_quality', parse: oneOf(INCIDENT_TYPES) },
    reason: true,
    example: 'type latest data_quality "a producer sends cents"',
    intent: (word, reason) => ({ do: 'set_type', type: word, reason }),
  },
  {
    name: 'set',
    description: 'write its title, description, root_cause or resolution',
    word: { name: 'field', description: FIELDS.join(', '), parse: oneOf(FIELDS) },
    reason: true,
    example: 'set latest root_cause "the table was cut at midnight"',
    intent: (word, value) => ({ do: 'set_field', field: word, value }),
  },
];

function revision(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('expected a revision: a whole number from 1');
}

/** One command for each thing that a person may want of an incident. */
export function incidentIntentCommands(incidents: Command): void {
  for (const { name, description, word, reason, example, intent } of INTENTS) {
    const command = incidents
      .command(name)
      .description(description)
      .argument('<id>', ID)
      .option('--if-revision <n>', 'only if nobody has changed it since', revision)
      .addHelpText('after', `\nExample:\n  evenkeel incidents ${example}`);
    if (word !== undefined) {
      const written = word.optional === true ? `[${word.name}]` : `<${word.name}>`;
      if (word.parse === undefined) command.argument(written, word.description);
      else command.argument(written, word.description, word.parse);
    }
    if (reason === true) command.argument(name === 'set' ? '<value>' : '<reason>');
    command.action(async () => {
      const [id = '', first, second = ''] = command.processedArgs.map((one) =>
        one === undefined ? undefined : String(one),
      );
      await tell(command, id, intent(first, second));
    });
  }
}
