import { seededRandom } from '../../../kernel/random.ts';

/**
 * People with one favourite of four categories: three of four things they take are of it, and within a category the
 * first items are the most popular. Vectors point to the category, a little blurred.
 */
export function people(count: number): {
  readonly items: { id: string; vector: number[]; score: number; category: string }[];
  readonly people: { recent: string[]; next: string[] }[];
} {
  const random = seededRandom(5);
  const items = Array.from({ length: 80 }, (_, i) => {
    const category = i % 4;
    const vector = [0, 1, 2, 3].map((k) => (k === category ? 1 : 0) + 0.4 * (random() - 0.5));
    return { id: `i${i}`, vector, score: 1000 - i, category: `c${category}` };
  });
  const list = Array.from({ length: count }, () => {
    const favourite = Math.floor(random() * 4);
    const taken = new Set<string>();
    while (taken.size < 14) {
      const category = random() < 0.75 ? favourite : Math.floor(random() * 4);
      taken.add(`i${4 * Math.floor(20 * random() ** 2) + category}`);
    }
    const all = [...taken];
    return { recent: all.slice(0, 9), next: all.slice(9) };
  });
  return { items, people: list };
}

/** Share of what was taken next among the answer's ids. */
export function found(next: readonly string[], ids: readonly string[]): number {
  return next.filter((id) => ids.includes(id)).length / next.length;
}
