import { hash32 } from '@evenkeel/core';
import { disjointSets, joinNearDuplicates } from './near-duplicates.ts';

/**
 * - `fit`: what weights are learned from;
 * - `validation`: what calibration and the blend are learned from;
 * - `strangers`: held out; neither their sender nor a near-duplicate of their text is in any other part;
 * - `regulars`: held out; the latest mail of senders known from training, no near-duplicate of which is in training.
 * - `left_out`: would be strangers, but a near-duplicate is in training. In nobody's figures.
 */
export type Part = 'fit' | 'validation' | 'strangers' | 'regulars' | 'left_out';

export interface Splittable {
  readonly id: string;
  readonly sender: string;
  readonly subject: string;
  readonly text: string;
  readonly receivedAt: number;
}

export interface SplitOptions {
  readonly seed: number;
  /** Share of all mail that becomes strangers. Default 0.2. */
  readonly strangers?: number;
  /** Share of the training mail that becomes validation. Default 0.2. */
  readonly validation?: number;
}

/**
 * Replies that quote each other tie the writers of a list into families of hundreds. Families over this share of all mail
 * are drawn writer by writer instead, and a writer over it stays in training: held out, it would be most of the test.
 */
const LARGEST_DRAWN = 0.01;
const REGULAR_AFTER = 6;
const REGULAR_SHARE = 0.25;

const draw = (text: string, seed: number): number => hash32(text, seed) / 4294967296;

interface Families {
  /** Set of the near-duplicates that mail i belongs to. */
  readonly copies: (i: number) => number;
  /** What is drawn for mail i as one; undefined when that is too much to hold out. */
  readonly drawnAs: (i: number) => string | undefined;
}

function familiesOf(mails: readonly Splittable[]): Families {
  const near = disjointSets(mails.length);
  joinNearDuplicates(
    mails.map((mail) => `${mail.subject}\n${mail.text}`),
    near,
  );
  const family = disjointSets(mails.length);
  const firstOf = new Map<string, number>();
  const writers = mails.map((mail, i) => {
    const first = mail.sender === '' ? i : (firstOf.get(mail.sender) ?? i);
    firstOf.set(mail.sender, first);
    family.join(i, near.find(i));
    family.join(i, first);
    return first;
  });
  const roots = mails.map((_, i) => family.find(i));
  const sizes = new Map<number, number>();
  const sizesOfWriters = new Map<number, number>();
  // A family is named by its first mail: what is drawn for it hangs on nothing else.
  const names = new Map<number, string>();
  mails.forEach((mail, i) => {
    const root = roots[i] ?? i;
    const writer = writers[i] ?? i;
    sizes.set(root, (sizes.get(root) ?? 0) + 1);
    sizesOfWriters.set(writer, (sizesOfWriters.get(writer) ?? 0) + 1);
    if (!names.has(root)) names.set(root, mail.id);
  });
  const most = LARGEST_DRAWN * mails.length;
  return {
    copies: (i) => near.find(i),
    drawnAs(i) {
      const root = roots[i] ?? i;
      if ((sizes.get(root) ?? 0) <= most) return names.get(root);
      const writer = writers[i] ?? i;
      return (sizesOfWriters.get(writer) ?? 0) <= most ? mails[writer]?.id : undefined;
    },
  };
}

/** Which part each mail is in; the same mails and seed give the same parts. */
export function split(mails: readonly Splittable[], options: SplitOptions): Part[] {
  const { seed } = options;
  const { copies, drawnAs } = familiesOf(mails);
  const parts = mails.map((_, i): Part => {
    const name = drawnAs(i);
    if (name === undefined) return 'fit';
    if (draw(name, seed) < (options.strangers ?? 0.2)) return 'strangers';
    return draw(name, seed + 1) < (options.validation ?? 0.2) ? 'validation' : 'fit';
  });
  holdOutRegulars(mails, parts, copies);
  const training = new Set<number>();
  parts.forEach((part, i) => {
    if (part === 'fit' || part === 'validation') training.add(copies(i));
  });
  return parts.map((part, i) => (part === 'strangers' && training.has(copies(i)) ? 'left_out' : part));
}

function holdOutRegulars(mails: readonly Splittable[], parts: Part[], copies: (i: number) => number): void {
  const bySender = new Map<string, number[]>();
  mails.forEach((mail, i) => {
    if (mail.sender === '' || parts[i] === 'strangers') return;
    const own = bySender.get(mail.sender);
    if (own === undefined) bySender.set(mail.sender, [i]);
    else own.push(i);
  });
  const chosen = new Set<number>();
  for (const own of bySender.values()) {
    if (own.length < REGULAR_AFTER) continue;
    own.sort((a, b) => (mails[a]?.receivedAt ?? 0) - (mails[b]?.receivedAt ?? 0));
    for (const i of own.slice(-Math.max(1, Math.floor(own.length * REGULAR_SHARE)))) chosen.add(i);
  }
  // A text of which a copy stays in training is no test.
  const stays = new Set<number>();
  mails.forEach((_, i) => {
    if (!chosen.has(i) && parts[i] !== 'strangers') stays.add(copies(i));
  });
  for (const i of chosen) if (!stays.has(copies(i))) parts[i] = 'regulars';
}
