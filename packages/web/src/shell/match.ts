/** Something that the palette can find. */
export interface Findable {
  readonly title: string;
  /** What kind of thing it is. */
  readonly kind: string;
  readonly run: () => void;
}

/** How well words fit a title: undefined when a letter of them is not there in order; smaller is better. */
export function fit(words: string, title: string): number | undefined {
  const needle = words.toLowerCase().replace(/\s+/g, '');
  const hay = title.toLowerCase();
  let at = 0;
  let cost = 0;
  for (const letter of needle) {
    const found = hay.indexOf(letter, at);
    if (found < 0) return undefined;
    const begins = found === 0 || /[\s/_.-]/.test(hay.charAt(found - 1));
    cost += begins ? 0 : found === at ? 1 : 3 + (found - at);
    at = found + 1;
  }
  return cost + hay.length / 100;
}

/** The best of many, the best first. */
export function find(words: string, things: readonly Findable[], most: number): readonly Findable[] {
  return things
    .flatMap((thing) => {
      const cost = fit(words, `${thing.title} ${thing.kind}`);
      return cost === undefined ? [] : [{ thing, cost }];
    })
    .sort((a, b) => a.cost - b.cost)
    .slice(0, most)
    .map(({ thing }) => thing);
}
