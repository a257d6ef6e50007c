import { EvenkeelError } from '@evenkeel/core';
import { z } from 'zod';
import type { ApiClient } from '../api-client.ts';

const answer = z.object({
  accepted: z.number(),
  known: z.number(),
  contradicting: z.array(z.string()),
  refused: z.array(z.object({ item: z.number(), problem: z.string() })),
});

/** What became of a file of facts. `item` counts its lines from 1. */
export type FactReceipt = z.output<typeof answer>;

/** Facts and characters of one call: well under what the API takes. */
const MOST = 1_000;
const MOST_CHARACTERS = 2_000_000;

interface Line {
  readonly line: number;
  readonly value: unknown;
}

/** One JSON object a line. @throws EvenkeelError naming the first line that is none */
export function readLines(text: string, file: string): readonly Line[] {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      return [{ line: i + 1, value: JSON.parse(line) }];
    } catch (error) {
      const why = error instanceof Error ? error.message : '';
      throw new EvenkeelError('bad_request', `${file}, line ${i + 1}: not JSON: ${why}`);
    }
  });
}

function batches(lines: readonly Line[]): readonly (readonly Line[])[] {
  const made: Line[][] = [];
  let batch: Line[] = [];
  let characters = 0;
  for (const line of lines) {
    const length = JSON.stringify(line.value).length;
    if (batch.length >= MOST || (batch.length > 0 && characters + length > MOST_CHARACTERS)) {
      made.push(batch);
      batch = [];
      characters = 0;
    }
    batch.push(line);
    characters += length;
  }
  return batch.length === 0 ? made : [...made, batch];
}

/** Sends facts in batches, one after another; sending the same file again changes nothing. */
export async function sendFacts(api: ApiClient, noun: string, lines: readonly Line[]): Promise<FactReceipt> {
  const whole = {
    accepted: 0,
    known: 0,
    contradicting: [] as string[],
    refused: [] as FactReceipt['refused'],
  };
  for (const batch of batches(lines)) {
    const one = answer.parse(
      await api.send('POST', `/api/v1/${noun}`, { items: batch.map(({ value }) => value) }),
    );
    whole.accepted += one.accepted;
    whole.known += one.known;
    whole.contradicting.push(...one.contradicting);
    whole.refused.push(
      ...one.refused.map(({ item, problem }) => ({ item: batch[item - 1]?.line ?? item, problem })),
    );
  }
  return whole;
}

const SHOWN = 20;

export function receiptText({ accepted, known, contradicting, refused }: FactReceipt): string {
  const left = refused.length - SHOWN;
  return [
    `${accepted} new, ${known} known already, ${contradicting.length} contradict what was sent before, ${refused.length} refused`,
    ...refused.slice(0, SHOWN).map(({ item, problem }) => `  line ${item}: ${problem}`),
    ...(left > 0 ? [`  and ${left} more`] : []),
  ].join('\n');
}
