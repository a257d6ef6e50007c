export interface SplitLine {
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** Bytes that did not fit and were dropped. */
  readonly dropped: number;
}

/** Longest line that is kept, in bytes: a validation of many segments fits, and memory stays bounded. */
export const LONGEST_LINE = 256 * 1024;

const NEWLINE = 10;

export interface LineSplitter {
  push(chunk: Buffer): void;
  /** The last line may lack its newline. */
  end(): void;
}

/**
 * Splits a stream of bytes into lines, holding at most `longest` bytes of one: what goes beyond is counted and dropped,
 * so that a trainer that prints a gigabyte without a newline costs no memory.
 */
export function lineSplitter(
  onLine: (line: SplitLine) => void,
  longest: number = LONGEST_LINE,
): LineSplitter {
  let parts: Buffer[] = [];
  let held = 0;
  let dropped = 0;
  let line = 0;

  function keep(piece: Buffer): void {
    const room = longest - held;
    if (piece.length <= room) {
      // A copy: the chunk's pool may be large, and a half line may wait for long.
      parts.push(Buffer.from(piece));
      held += piece.length;
      return;
    }
    if (room > 0) parts.push(Buffer.from(piece.subarray(0, room)));
    held = longest;
    dropped += piece.length - Math.max(0, room);
  }

  function flush(): void {
    line += 1;
    const bytes = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    const text = (bytes ?? Buffer.alloc(0)).toString('utf8').replace(/\r$/, '');
    const whole = { text, line, dropped };
    parts = [];
    held = 0;
    dropped = 0;
    if (text !== '' || whole.dropped > 0) onLine(whole);
  }

  return {
    push(chunk) {
      let from = 0;
      for (;;) {
        const at = chunk.indexOf(NEWLINE, from);
        if (at < 0) break;
        keep(chunk.subarray(from, at));
        flush();
        from = at + 1;
      }
      if (from < chunk.length) keep(chunk.subarray(from));
    },
    end() {
      if (held > 0 || dropped > 0) flush();
    },
  };
}
