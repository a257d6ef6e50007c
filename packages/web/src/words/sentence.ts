import { depth, LEVEL_WORDS } from './levels.ts';
import { many, percent } from './numbers.ts';
import { ownerOf, reasonWords } from './owners.ts';
import type { ServiceLine } from './standing.ts';
import { spell } from './time.ts';

/** How things are, for somebody with five minutes: one line, then what belongs to it. */
export interface Summary {
  /** 0: even; 1: as bad as it gets. How far the bubble is out of the middle. */
  readonly tilt: number;
  readonly headline: string;
  readonly details: readonly string[];
}

const WORST_TROUBLE = 60;

function budgetWords({ budgets }: ServiceLine): string | undefined {
  const [smallest] = budgets
    .filter(({ worst }) => worst.remaining !== null)
    .sort((a, b) => (a.worst.remaining ?? 0) - (b.worst.remaining ?? 0));
  if (smallest === undefined) return undefined;
  const { category, worst } = smallest;
  const left = worst.remaining ?? 0;
  return left > 0
    ? `${percent(left)} of its ${category} budget is left (${worst.objective})`
    : `its ${category} budget is used up (${worst.objective})`;
}

function incidentWords({ incidents }: ServiceLine): string | undefined {
  const [first] = incidents;
  if (first === undefined) return undefined;
  const who =
    first.acknowledgedBy !== undefined
      ? `${first.acknowledgedBy} is on it`
      : 'nobody has acknowledged it yet';
  return incidents.length === 1
    ? `one incident is open (${first.severity}), and ${who}`
    : `${incidents.length} incidents are open, the gravest ${[...incidents].map(({ severity }) => severity).sort()[0]}`;
}

function levelWords({ service }: ServiceLine): string {
  const { name, level, sinceMs, reason } = service;
  if (level === 'full_service') return `${name} is at full service`;
  const pin = service.directives.find(({ order }) => order.kind === 'pin');
  if (pin !== undefined)
    return `${name} is held at ${LEVEL_WORDS[level]} by ${ownerOf(pin.owner).words}: ${reasonWords(pin.reason)}`;
  if (level === 'failed') return `${name} cannot answer: ${reason}`;
  return `${name} has been on ${LEVEL_WORDS[level]} for ${spell(sinceMs)}: ${reason}`;
}

/** Says how things are, composed from the record: nothing in it that the lines below do not show. */
export function summarise(lines: readonly ServiceLine[]): Summary {
  if (lines.length === 0) return { tilt: 0, headline: 'No service is under protection yet.', details: [] };
  const [worst] = lines;
  const troubled = lines.filter(({ trouble }) => trouble > 0);
  const sunk = lines.filter(({ service }) => depth(service.level) > 0);
  if (worst === undefined || troubled.length === 0) {
    const smallest = lines.map(budgetWords).find((words) => words !== undefined);
    const who = lines.length === 1 ? `${lines[0]?.service.name} is` : `all ${lines.length} services are`;
    return {
      tilt: 0,
      headline: `Even keel: ${who} at full service and within budget.`,
      details: smallest === undefined ? ['There has been no traffic to measure yet.'] : [],
    };
  }
  const budget = budgetWords(worst);
  const incident = incidentWords(worst);
  const details = [incident, budget]
    .filter((words) => words !== undefined)
    .map((words) => ended(words, true));
  const others = troubled.length - 1;
  if (others > 0) {
    details.push(
      `${many(others, 'other service')} ${others === 1 ? 'needs' : 'need'} a look${sunk.length > 1 ? `; ${sunk.length} are below full service` : ''}.`,
    );
  }
  return { tilt: Math.min(1, worst.trouble / WORST_TROUBLE), headline: ended(levelWords(worst)), details };
}

/** A service's name stays as it is written, even where a sentence begins with it. */
function ended(words: string, capital = false): string {
  const text = words.trim().replace(/[.;:,]+$/, '');
  return `${capital ? text.charAt(0).toUpperCase() : text.charAt(0)}${text.slice(1)}.`;
}
