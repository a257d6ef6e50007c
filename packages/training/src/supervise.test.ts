import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  digest,
  hasNumpy,
  numpyTrainer,
  reached,
  resumeRun,
  startRun,
  typescriptTrainer,
  workspace,
} from './trainers.test.rig.ts';

const root = workspace();
const trainers: [string, [string, ...string[]], [string, ...string[]]][] = [
  ['TypeScript', typescriptTrainer(root), typescriptTrainer(root, { stepMs: 2 })],
];
if (hasNumpy()) trainers.push(['numpy', numpyTrainer(), numpyTrainer({ stepMs: 2 })]);

afterAll(() => rmSync(root, { recursive: true, force: true }));

const unbroken = new Map<string, string>();
async function unbrokenDigest(name: string, command: [string, ...string[]]): Promise<string> {
  const known = unbroken.get(name);
  if (known !== undefined) return known;
  const run = await startRun(root, command);
  const record = await run.supervision.finished;
  expect(record).toMatchObject({ phase: 'succeeded', result: 'step-00000400', attempt: 1, retries: 0 });
  const found = digest(run.dir, 'step-00000400');
  unbroken.set(name, found);
  return found;
}

describe.each(trainers)('a supervised run of the %s trainer', (name, command, slow) => {
  it('ends byte-identical to the unbroken one after kill -9 of the trainer', async () => {
    const expected = await unbrokenDigest(name, command);
    const run = await startRun(root, slow, { maxRetries: 10 });
    for (const step of [50, 130, 275]) {
      const { pid } = await reached(run, step);
      if (pid !== undefined && pid > 0) process.kill(pid, 'SIGKILL');
    }
    const record = await run.supervision.finished;
    expect(record.phase).toBe('succeeded');
    expect(record.retries).toBe(3);
    expect(digest(run.dir, 'step-00000400')).toBe(expected);
    // Lost at each kill: at most one interval and the step that was under way.
    expect(record.counts.stepsLost).toBeLessThanOrEqual(3 * 21);
    expect(record.counts.resumesGood).toBe(record.counts.resumes);
  });

  it('stops on request with a final checkpoint, and resumes to the identical end', async () => {
    const expected = await unbrokenDigest(name, command);
    const run = await startRun(root, slow);
    await reached(run, 90);
    run.supervision.stop('a test');
    const stopped = await run.supervision.finished;
    expect(stopped).toMatchObject({ phase: 'stopped', retries: 0 });
    expect(stopped.checkpoints.at(-1)?.step).toBe(stopped.step);
    const again = await resumeRun(root, run.id, slow);
    const record = await again.supervision.finished;
    expect(record).toMatchObject({ phase: 'succeeded', counts: { stepsLost: 0 } });
    expect(digest(run.dir, 'step-00000400')).toBe(expected);
  });

  it('falls back two when the newest is truncated and the one before has a flipped bit', async () => {
    const expected = await unbrokenDigest(name, command);
    const run = await startRun(root, slow, { retention: { last: 9, every: 0 } });
    await reached(run, 105);
    run.supervision.stop('a test');
    const stopped = await run.supervision.finished;
    const [older, newer] = stopped.checkpoints.slice(-2).map((note) => note.name);
    const files = (checkpoint: string | undefined): string => join(run.dir, 'checkpoints', checkpoint ?? '');
    const first = readdirSync(files(newer)).filter((file) => file.startsWith('state'))[0] ?? '';
    truncateSync(join(files(newer), first), 100);
    const bytes = readFileSync(join(files(older), first));
    bytes.writeUInt8(bytes.readUInt8(200) ^ 4, 200);
    writeFileSync(join(files(older), first), bytes);
    const again = await resumeRun(root, run.id, slow);
    const record = await again.supervision.finished;
    expect(record.phase).toBe('succeeded');
    expect(record.decisions.filter((one) => one.what === 'set aside')).toHaveLength(2);
    expect(
      readdirSync(join(run.dir, 'checkpoints')).filter((file) => file.startsWith('.corrupt-')),
    ).toHaveLength(2);
    expect(digest(run.dir, 'step-00000400')).toBe(expected);
  });
});
