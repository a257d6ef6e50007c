import { seededRandom } from '../../../kernel/random.ts';

/** Documents of 20 topics, each with words of its own among common ones; newer ones of a topic are a bit more asked for. */
export function topics(): {
  readonly documents: { id: string; title: string; body: string; time: number }[];
  readonly queries: { text: string; wanted: Set<string> }[];
} {
  const random = seededRandom(8);
  const text = (topic: number, words: number, own: number): string =>
    Array.from({ length: words }, () =>
      random() < own ? `t${topic}w${Math.floor(random() * 12)}` : `common${Math.floor(random() * 40)}`,
    ).join(' ');
  const documents = Array.from({ length: 300 }, (_, i) => ({
    id: `d${i}`,
    title: text(i % 20, 5, 0.4),
    body: text(i % 20, 40, 0.25),
    time: Math.floor(random() * 1000),
  }));
  const queries = Array.from({ length: 100 }, (_, q) => ({
    text: text(q % 20, 6, 0.5),
    wanted: new Set(documents.filter((_, i) => i % 20 === q % 20).map(({ id }) => id)),
  }));
  return { documents, queries };
}
