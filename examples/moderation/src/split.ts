import { hash32 } from '@evenkeel/core';
import { disjointSets, joinNearDuplicates } from './near-duplicates.ts';

/**
 * - `fit`: what weights are learned from;
 * - `validation`: what calibration and the blend are learned from;
 * - `strangers`: held out; neither their sender nor a near-duplicate of their text is in any other part;
 * - `regulars`: held out; the latest mail of senders known from training, no near-duplicate of which is in training.
 */
export type Part = 'fit' | 'validation' | 'strangers' | 'regulars';

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

/** A family of mail larger than this share of all stays in training: held out, it would be most of the test. */
const LARGEST_HELD_OUT = 0.02;
const REGULAR_AFTER = 6;
const REGULAR_SHARE = 0.25;

const draw = (text: string, seed: number): number => hash32(text, seed) / 4294967296;

/** Which part each mail is in; the same mails and seed give the same parts. */
export function split(mails: readonly Splittable[], options: SplitOptions): Part[] {
  const { seed } = options;
  const near = disjointSets(mails.length);
  joinNearDuplicates(
    mails.map((mail) => `${mail.subject}\n${mail.text}`),
    near,
  );
  const family = disjointSets(mails.length);
  const firstOf = new Map<string, number>();
  const sizes = new Map<number, number>();
  mails.forEach((mail, i) => {
    family.join(i, near.find(i));
    if (mail.sender === '') return;
    const first = firstOf.get(mail.sender);
    if (first === undefined) firstOf.set(mail.sender, i);
    else family.join(i, first);
  });
  // A family is named by its first mail: what is drawn for it hangs on nothing else.
  const nameOf = new Map<number, string>();
  mails.forEach((mail, i) => {
    const root = family.find(i);
    sizes.set(root, (sizes.get(root) ?? 0) + 1);
    if (!nameOf.has(root)) nameOf.set(root, mail.id);
  });
  const parts = mails.map((_, i): Part => {
    const root = family.find(i);
    const name = nameOf.get(root) ?? '';
    const small = (sizes.get(root) ?? 0) <= LARGEST_HELD_OUT * mails.length;
    if (small && draw(name, seed) < (options.strangers ?? 0.2)) return 'strangers';
    return draw(name, seed + 1) < (options.validation ?? 0.2) && small ? 'validation' : 'fit';
  });
  holdOutRegulars(mails, parts, (i) => near.find(i));
  return parts;
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
