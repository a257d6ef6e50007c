/**
 * The part of an `AbortSignal` that the serving path needs. A real signal is one; {@link canceller} makes one that costs
 * a fraction (an `AbortController` is the dearest single thing on the path of a request).
 */
export interface Cancellation {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** A cancellation and the means to bring it about. Listeners are told once, in order; one that throws stops no other. */
export class Canceller implements Cancellation {
  aborted = false;
  reason: unknown = undefined;
  private first: (() => void) | undefined;
  private more: (() => void)[] | undefined;

  addEventListener(_type: 'abort', listener: () => void): void {
    if (this.aborted) return;
    if (this.first === undefined) this.first = listener;
    else if (this.more === undefined) this.more = [listener];
    else this.more.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    if (this.first === listener) this.first = undefined;
    else if (this.more !== undefined) this.more = this.more.filter((known) => known !== listener);
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const { first, more } = this;
    this.first = undefined;
    this.more = undefined;
    for (const listener of [first, ...(more ?? [])]) {
      try {
        listener?.();
      } catch {
        // A broken observer must not keep the others from letting go.
      }
    }
  }
}

/** A real `AbortSignal` that follows a cancellation, for code that asks for one. */
export function signalOf(cancellation: Cancellation): AbortSignal {
  if (cancellation instanceof AbortSignal) return cancellation;
  const controller = new AbortController();
  if (cancellation.aborted) controller.abort(cancellation.reason);
  else cancellation.addEventListener('abort', () => controller.abort(cancellation.reason), { once: true });
  return controller.signal;
}
