/**
 * Waits for the next chunk of a stream, in milliseconds: the time from when the reader asked for it until it came. For a
 * reader that keeps up this is the time between two tokens; while a reader lags, the source is not blamed for it.
 * Three numbers per stream, whatever its length.
 */
export class StreamGaps {
  private longest = Number.NEGATIVE_INFINITY;
  private sum = 0;
  private count = 0;

  add(ms: number): void {
    this.count += 1;
    this.sum += ms;
    if (ms > this.longest) this.longest = ms;
  }

  /** Undefined when there was no second chunk. */
  get maxMs(): number | undefined {
    return this.count === 0 ? undefined : this.longest;
  }

  get meanMs(): number | undefined {
    return this.count === 0 ? undefined : this.sum / this.count;
  }
}
