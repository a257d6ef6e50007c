/** What a stretch of text is, that must not be kept. */
export type SensitiveKind = 'secret' | 'email' | 'card' | 'phone' | 'iban';

const KINDS: readonly SensitiveKind[] = ['secret', 'email', 'card', 'phone', 'iban'];

/** Stretches of one text that must not be kept; of stretches that overlap, the one marked first wins. */
export interface Marks {
  /** Marks [from, to). */
  mark(from: number, to: number, kind: SensitiveKind): void;
  marked(at: number): boolean;
  /** The text with every stretch replaced by its kind in brackets, cut where the source reaches `most` characters. */
  write(text: string, most: number): string;
}

/** One number per character: writing is one pass, whatever was marked in which order. */
export function marks(length: number): Marks {
  const kinds = new Uint8Array(length);
  /** Starts of stretches, so that neighbours of one kind stay two. */
  const starts = new Uint8Array(length);

  return {
    mark(from, to, kind) {
      const number = KINDS.indexOf(kind) + 1;
      let inside = false;
      for (let i = Math.max(0, from); i < to && i < length; i++) {
        const free = kinds[i] === 0;
        if (free) kinds[i] = number;
        if (free && !inside) starts[i] = 1;
        inside = free;
      }
    },
    marked: (at) => (kinds[at] ?? 0) !== 0,
    write(text, most) {
      const end = Math.min(length, most);
      let written = '';
      let plainFrom = 0;
      for (let i = 0; i < end; i++) {
        const number = kinds[i] ?? 0;
        if (number === 0) continue;
        if (plainFrom < i) written += text.slice(plainFrom, i);
        if (starts[i] === 1) written += `[${KINDS[number - 1] ?? 'secret'}]`;
        plainFrom = i + 1;
      }
      return plainFrom < end ? written + text.slice(plainFrom, end) : written;
    },
  };
}
