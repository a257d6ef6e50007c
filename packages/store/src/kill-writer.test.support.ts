/**
 * A process that writes as fast as it can and says what was acknowledged, one line each, until it is killed.
 * Arguments: the target of the store as JSON, and the number of the round.
 */
import { writeSync } from 'node:fs';
import { EvenkeelError } from '@evenkeel/core';
import { openStore, type StoreTarget } from './open-store.ts';
import type { DocumentRow } from './store.ts';

const target: StoreTarget = JSON.parse(process.argv[2] ?? '');
const round = process.argv[3] ?? '0';
const clock = { now: () => performance.now(), wall: () => Date.now() };
const store = await openStore(target, { clock });
const entry = { by: 'writer', service: undefined, detail: { round } };

/** Synchronous: a line that is in the pipe survives its writer. */
function say(kind: string, id: string): void {
  writeSync(1, `${kind} ${id}\n`);
}

async function forEver(name: string, write: (id: string) => Promise<boolean>): Promise<void> {
  for (let i = 0; ; i++) {
    const id = `${round}-${name}-${i}`;
    if (await write(id)) say(name.charAt(0), id);
  }
}

/** One counter that several raise: its document, the audit log and the outbox have to agree. */
async function count(id: string): Promise<boolean> {
  const known = await store.documents.get('state', 'counter');
  const now = Date.now();
  const row: DocumentRow = known ?? {
    kind: 'state',
    id: 'counter',
    service: '',
    state: '',
    label: '',
    createdAt: now,
    updatedAt: now,
    revision: 0,
    body: 0,
  };
  try {
    await store.documents.commit({
      puts: [{ ...row, updatedAt: now, body: Number(row.body) + 1 }],
      audit: [{ ...entry, at: now, action: 'counter.raise', subject: id }],
      outbox: [{ id, destination: 'd', stream: 's', body: null, createdAt: now }],
    });
    return true;
  } catch (error) {
    if (error instanceof EvenkeelError && error.code === 'conflict') return false;
    throw error;
  }
}

async function fact(id: string): Promise<boolean> {
  const [answer] = await store.facts.add([
    {
      kind: 'feedback',
      service: 's',
      id,
      at: Date.now(),
      arrivedAt: Date.now(),
      by: 'writer',
      request: id,
      body: { id },
    },
  ]);
  return answer === 'added';
}

async function audit(id: string): Promise<boolean> {
  await store.audit.append([{ ...entry, at: Date.now(), action: 'test.note', subject: id }]);
  return true;
}

async function rollup(id: string): Promise<boolean> {
  const sequence = Number(id.split('-').at(-1));
  await store.rollups.append([
    { replica: id.replace(/-\d+$/, ''), sequence, service: 's', from: 0, to: 1, body: id },
  ]);
  return true;
}

await Promise.all([
  ...Array.from({ length: 4 }, (_, i) => forEver(`fact${i}`, fact)),
  ...Array.from({ length: 3 }, (_, i) => forEver(`count${i}`, count)),
  ...Array.from({ length: 2 }, (_, i) => forEver(`audit${i}`, audit)),
  forEver('rollup', rollup),
]);
