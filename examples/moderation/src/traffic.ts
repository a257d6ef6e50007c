// Open-loop load over held-out mail: requests leave when they are due, whether or not the earlier ones are answered, because
// that is what users do. Loopback only.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { seededRandom } from '@evenkeel/core';
import { z } from 'zod';
import { DATA_DIR } from './paths.ts';
import { sampleFile } from './prepare.ts';
import { MAX_REQUESTS, type Plan, planOf } from './traffic-plan.ts';

/** Beyond this many unanswered requests the client is the bottleneck: more are not sent, and counted. */
const MAX_IN_FLIGHT = 4_000;
const TIMEOUT_MS = 10_000;
/** Of 20 requests: how many are of class 0, 1, 2, 3 in a mix. */
const MIX = [1, 3, 6, 10] as const;
/** People who send it; a few of them send most. */
const USERS = 400;

const sampleSchema = z.object({ label: z.enum(['spam', 'ham']), input: z.record(z.string(), z.unknown()) });
type Sample = z.infer<typeof sampleSchema>;

const answerSchema = z.object({ prediction: z.looseObject({ label: z.string().optional() }) });

interface Outcome {
  readonly priority: number;
  /** HTTP status, or why there is none. */
  readonly status: string;
  readonly level: string;
  readonly ms: number;
  readonly right: boolean | undefined;
}

function readSamples(): Sample[] {
  const file = sampleFile(DATA_DIR);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new Error(`${file} is missing: run "npm run prepare-data" first`);
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => sampleSchema.parse(JSON.parse(line)));
}

function labelOf(body: string): string | undefined {
  try {
    return answerSchema.safeParse(JSON.parse(body)).data?.prediction.label;
  } catch {
    return undefined;
  }
}

function send(plan: Plan, agent: Agent, sample: Sample, priority: number, user: string): Promise<Outcome> {
  const body = JSON.stringify(sample.input);
  const began = performance.now();
  return new Promise((resolve) => {
    const failed = (error: Error): void => {
      const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
      resolve({
        priority,
        status: code,
        level: 'no answer',
        ms: performance.now() - began,
        right: undefined,
      });
    };
    const call = request(
      plan.url,
      {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'evenkeel-priority': String(priority),
          'x-user': user,
          ...(plan.deadlineMs === undefined ? {} : { 'evenkeel-deadline-ms': String(plan.deadlineMs) }),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text += piece;
        });
        response.on('error', failed);
        response.on('end', () => {
          const level = response.headers['evenkeel-level'];
          const label = response.statusCode === 200 ? labelOf(text) : undefined;
          resolve({
            priority,
            status: String(response.statusCode),
            level: typeof level === 'string' ? level : 'no level',
            ms: performance.now() - began,
            right: label === 'spam' || label === 'ham' ? label === sample.label : undefined,
          });
        });
      },
    );
    call.setTimeout(TIMEOUT_MS, () => call.destroy(new Error(`no answer in ${TIMEOUT_MS} ms`)));
    call.on('error', failed);
    call.end(body);
  });
}

function classes(): number[] {
  return MIX.flatMap((count, priority) => Array.from({ length: count }, () => priority));
}

async function run(plan: Plan): Promise<{ outcomes: Outcome[]; unsent: number }> {
  const samples = readSamples();
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_IN_FLIGHT });
  const random = seededRandom(7);
  const mix = classes();
  const outcomes: Outcome[] = [];
  const pending = new Set<Promise<void>>();
  let unsent = 0;
  let sent = 0;
  const began = performance.now();
  const end = began + plan.seconds * 1_000;
  // Arrivals of people who do not know of each other: exponential gaps (Poisson).
  const gap = (): number => (-Math.log(1 - random()) * 1_000) / plan.rate;
  for (let due = began + gap(); due < end && sent < MAX_REQUESTS; due += gap()) {
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const sample = samples[Math.floor(random() * samples.length)];
    const priority = plan.priority === 'mix' ? (mix[Math.floor(random() * mix.length)] ?? 3) : plan.priority;
    if (sample === undefined) break;
    if (pending.size >= MAX_IN_FLIGHT) {
      unsent += 1;
      continue;
    }
    sent += 1;
    const user = `user-${Math.floor(random() ** 2 * USERS)}`;
    const one: Promise<void> = send(plan, agent, sample, priority, user).then((outcome) => {
      outcomes.push(outcome);
      pending.delete(one);
    });
    pending.add(one);
  }
  await Promise.all(pending);
  agent.destroy();
  return { outcomes, unsent };
}

function counted(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([value, count]) => `${value} ${count}`)
    .join(', ');
}

function quantile(sorted: readonly number[], q: number): string {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
  return value === undefined ? '–' : `${value.toFixed(1)} ms`;
}

function report(plan: Plan, outcomes: readonly Outcome[], unsent: number): string {
  const lines = [
    `${outcomes.length} requests at ${plan.rate} a second for ${plan.seconds} s to ${plan.url.href}`,
  ];
  if (unsent > 0) lines.push(`${unsent} were not sent: ${MAX_IN_FLIGHT} were waiting already`);
  for (const priority of [0, 1, 2, 3]) {
    const own = outcomes.filter((outcome) => outcome.priority === priority);
    if (own.length === 0) continue;
    const times = own.map((outcome) => outcome.ms).sort((a, b) => a - b);
    lines.push(
      `class ${priority}: ${own.length}, p50 ${quantile(times, 0.5)}, p99 ${quantile(times, 0.99)}; ` +
        `status ${counted(own.map((outcome) => outcome.status))}; level ${counted(own.map((outcome) => outcome.level))}`,
    );
  }
  const judged = outcomes.filter((outcome) => outcome.right !== undefined);
  const right = judged.filter((outcome) => outcome.right === true).length;
  if (judged.length > 0)
    lines.push(
      `${judged.length} labelled spam or ham, ${((100 * right) / judged.length).toFixed(1)} % of them rightly`,
    );
  return lines.join('\n');
}

try {
  const plan = planOf(process.argv.slice(2));
  const { outcomes, unsent } = await run(plan);
  console.log(report(plan, outcomes, unsent));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
