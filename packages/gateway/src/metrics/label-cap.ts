/** What stands for all values beyond the cap. */
export const OTHER = 'other';

/**
 * Bounds the values of one label: the first `most` are told apart, all later ones are {@link OTHER}. What names are known
 * stays known, so that a series does not change its name.
 * @param longest characters of a value; longer ones are `other` too (default 128)
 */
export function labelCap(most: number, longest = 128): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= most || value.length > longest) return OTHER;
    known.add(value);
    return value;
  };
}
