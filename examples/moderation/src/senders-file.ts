import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { type Corpus, mailOf, TRAINING } from './corpus.ts';
import { historyOf, type SenderFacts } from './sender-history.ts';

export const sendersFile = (dataDir: string): string => join(dataDir, 'senders.ndjson');

const rowSchema = z.strictObject({
  sender: z.string().min(1),
  mails_seen: z.int().min(0),
  spam_share: z.number().min(0).max(1),
  first_seen: z.iso.datetime(),
  as_of: z.iso.datetime(),
});

const DAY_MS = 86_400_000;

/**
 * The history that the training mail leaves, as if the last of it had come today: the archive is of 2002, and a table in
 * which everybody has been known for decades would say nothing. Whole days are added, so hours stay what they were.
 * @param now wall milliseconds: the age that the table says it has starts here
 */
export function sendersTable(corpus: Corpus, now: number): string {
  const training = mailOf(corpus, { parts: TRAINING });
  const latest = training.reduce((last, mail) => Math.max(last, mail.receivedAt), 0);
  const shift = Math.floor((now - latest) / DAY_MS) * DAY_MS;
  const asOf = new Date(now).toISOString();
  return [...historyOf(training)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([sender, facts]) => {
      const row = {
        sender,
        mails_seen: facts.mailsSeen,
        spam_share: Math.round(facts.spamShare * 1e6) / 1e6,
        first_seen: new Date(facts.firstSeen + shift).toISOString(),
        as_of: asOf,
      };
      return `${JSON.stringify(row)}\n`;
    })
    .join('');
}

export function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.tmp`, text);
  renameSync(`${file}.tmp`, file);
}

/**
 * @throws Error that names the file and the line
 */
export function readSenders(file: string): Map<string, SenderFacts> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`${file} cannot be read: prepare the example first (npm run prepare-data)`, { cause });
  }
  const senders = new Map<string, SenderFacts>();
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '') return;
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch {
      throw new Error(`${file}:${i + 1}: not JSON`);
    }
    const parsed = rowSchema.safeParse(row);
    if (!parsed.success) throw new Error(`${file}:${i + 1}: ${z.prettifyError(parsed.error)}`);
    const { sender, mails_seen, spam_share, first_seen } = parsed.data;
    senders.set(sender, { mailsSeen: mails_seen, spamShare: spam_share, firstSeen: Date.parse(first_seen) });
  });
  return senders;
}
