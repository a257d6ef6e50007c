import type { Random } from '../kernel/random.ts';

/** A uniform sample of bounded size of a stream of unknown length. */
export interface Reservoir<T> {
  /** O(1). `mayGrow` false: the sample stays at the size that it has (one at least), and remains uniform. */
  offer(value: T, mayGrow: boolean): void;
  /** Things offered since the last `clear`. */
  seen(): number;
  /** The sample; each stands for `seen() / values().length`. Do not change it. */
  values(): readonly T[];
  clear(): void;
}

/** Algorithm R (Waterman; Vitter, "Random sampling with a reservoir", ACM TOMS 1985). */
export function reservoir<T>(capacity: number, random: Random): Reservoir<T> {
  const most = Math.max(1, Math.floor(capacity));
  let sample: T[] = [];
  let seen = 0;
  return {
    offer(value, mayGrow) {
      seen += 1;
      // A sample that has lost nothing yet may be closed at any size; one that has, must not grow any more.
      if (sample.length === seen - 1 && sample.length < most && (mayGrow || seen === 1)) {
        sample.push(value);
        return;
      }
      const at = Math.floor(random() * seen);
      if (at < sample.length) sample[at] = value;
    },
    seen: () => seen,
    values: () => sample,
    clear() {
      // A new array: the old one was handed out.
      sample = [];
      seen = 0;
    },
  };
}
