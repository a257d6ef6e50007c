import { EvenkeelError } from '@evenkeel/core';

/** What `init` asks. */
export interface Answers {
  readonly service: string;
  readonly type: SystemType;
  /** Address of the model that answers now. */
  readonly model: string;
  /** Address of a cheaper one that stands in; undefined: there is none. */
  readonly standIn: string | undefined;
  readonly owner: string;
}

const TYPES = [
  'custom',
  'llm_chat',
  'content_moderation',
  'fraud_detection',
  'search_ranking',
  'recommendation',
] as const;
export type SystemType = (typeof TYPES)[number];
export const SYSTEMS: readonly SystemType[] = TYPES;

export function isSystem(text: string): text is SystemType {
  return TYPES.some((type) => type === text);
}

/** How a service of a type usually works: its time, and what it says when no model can. */
interface Usual {
  readonly deadline: string;
  readonly budgets: readonly [string, string];
  readonly last: readonly string[];
}

const USUAL: Readonly<Record<SystemType, Usual>> = {
  custom: {
    deadline: '500ms',
    budgets: ['350ms', '100ms'],
    last: [
      '  - level: static_fallback',
      '    use: static',
      '    with: { output: { label: unknown } }',
      '    quality: the same answer to everybody',
    ],
  },
  llm_chat: {
    deadline: '30s',
    budgets: ['20s', '8s'],
    last: [
      '  - level: static_fallback',
      '    use: apology',
      '    with: { text: "I cannot answer right now. Please try again in a minute." }',
      '    quality: no answer',
    ],
  },
  content_moderation: {
    deadline: '500ms',
    budgets: ['350ms', '100ms'],
    last: [
      '  - level: static_fallback',
      '    use: hold_for_review',
      '    with: { reason: no automatic check was available }',
      '    quality: a person decides later',
    ],
  },
  fraud_detection: {
    deadline: '200ms',
    budgets: ['140ms', '40ms'],
    last: [
      '  - level: static_fallback',
      '    use: manual_review',
      '    with: { reason: every automatic check was down }',
      '    quality: nothing is decided; an analyst looks later',
    ],
  },
  search_ranking: {
    deadline: '300ms',
    budgets: ['200ms', '60ms'],
    last: [
      '  - level: static_fallback',
      '    use: static',
      '    with: { output: { results: [] } }',
      '    quality: nothing is found',
    ],
  },
  recommendation: {
    deadline: '300ms',
    budgets: ['200ms', '60ms'],
    last: [
      '  - level: static_fallback',
      '    use: static',
      '    with: { output: { items: [] } }',
      '    quality: nothing is recommended',
    ],
  },
};

/** Strings in JSON are strings in YAML, whatever is in them. */
const quoted = (text: string): string => JSON.stringify(text);

/**
 * The model's entry. Which protocol it speaks is told by its address: `…/v1` is the OpenAI API, `…/v2/models/NAME` the Open
 * Inference Protocol, anything else takes the input as JSON. `#NAME` is the model's name on an OpenAI server.
 * @throws EvenkeelError bad_request when it is no http address
 */
function modelLines(name: string, address: string): readonly string[] {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new EvenkeelError(
      'bad_request',
      `expected an address such as http://127.0.0.1:9000/predict, not "${address}"`,
    );
  }
  const onServer = decodeURIComponent(url.hash.slice(1));
  url.hash = '';
  const [, v2] = /\/v2\/models\/([^/]+)\/?$/.exec(url.pathname) ?? [];
  if (v2 !== undefined) {
    return [
      `  ${name}:`,
      '    version: "1"',
      `    open_inference: { url: ${quoted(url.origin)}, model: ${quoted(decodeURIComponent(v2))} }`,
    ];
  }
  if (/\/v1\/?$/.test(url.pathname)) {
    const found = onServer === '' ? name : onServer;
    return [
      `  ${name}:`,
      '    version: "1"',
      `    openai: { url: ${quoted(url.href.replace(/\/$/, ''))}, model: ${quoted(found)} }`,
      `    # key: "\${OPENAI_API_KEY}" inside openai, where the server wants one`,
    ];
  }
  return [
    `  ${name}:`,
    '    version: "1"',
    '    # label and confidence are paths in the answer: objectives and drift are counted by them.',
    `    json: { url: ${quoted(url.href)}, label: label, confidence: confidence }`,
  ];
}

/** Why a service cannot be called so; undefined when it can. */
export function wrongName(text: string): string | undefined {
  return /^[a-z][a-z0-9_-]{0,62}$/.test(text)
    ? undefined
    : 'expected small letters, digits, - and _, beginning with a letter';
}

/** The text of a service file. It passes `check`. @throws EvenkeelError bad_request for what cannot be in one */
export function serviceFile({ service, type, model, standIn, owner }: Answers): string {
  const wrong = wrongName(service);
  if (wrong !== undefined) throw new EvenkeelError('bad_request', `service: ${wrong}`);
  if (owner.trim() === '') throw new EvenkeelError('bad_request', 'owner: expected a name');
  const usual = USUAL[type];
  const [first, second] = usual.budgets;
  return [
    '# Made by "evenkeel init". Every key, with its meaning and default: evenkeel check --schema',
    'evenkeel: 1',
    `service: ${service}`,
    `type: ${type}`,
    `owner: ${quoted(owner.trim())}`,
    `deadline: ${usual.deadline}`,
    '',
    'models:',
    ...modelLines('primary', model),
    ...(standIn === undefined ? [] : modelLines('stand-in', standIn)),
    '',
    '# Best first: a request is answered by the first that can, inside the deadline.',
    'ladder:',
    '  - level: full_service',
    '    model: primary',
    `    budget: ${first}`,
    ...(standIn === undefined
      ? []
      : [
          '  - level: simpler_model',
          '    model: stand-in',
          `    budget: ${second}`,
          '    quality: a simpler model',
        ]),
    ...usual.last,
    '',
    '# What is promised; "evenkeel slo status" shows where each stands.',
    'objectives:',
    '  availability: { category: availability, target: 99.9%, window: 30d }',
    '  full-service:',
    '    category: availability',
    '    indicator: { full_service: true }',
    '    target: 95%',
    '    window: 7d',
    `  latency: { category: latency, indicator: { latency: { p99: ${usual.deadline} } }, window: 7d }`,
    '',
  ].join('\n');
}
