/** One server-sent event (WHATWG HTML, "Server-sent events"). */
export interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Takes pieces of a stream as they come; gives the events that are whole. */
export interface EventParser {
  push(piece: string): readonly ServerEvent[];
  /** Milliseconds that the server wants a reader to wait before it comes back; undefined until it says so. */
  retryMs(): number | undefined;
}

/** A reader of event streams: `EventSource` cannot send a key, so the stream is read by hand. */
export function eventParser(): EventParser {
  let rest = '';
  let id = '';
  let event = '';
  let data: string[] = [];
  let retry: number | undefined;

  function line(text: string): ServerEvent | undefined {
    if (text === '') {
      const whole = data.length === 0 ? undefined : { id, event: event || 'message', data: data.join('\n') };
      event = '';
      data = [];
      return whole;
    }
    const colon = text.indexOf(':');
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (name === 'id') id = value;
    else if (name === 'event') event = value;
    else if (name === 'data') data.push(value);
    else if (name === 'retry' && /^\d+$/.test(value)) retry = Number(value);
    return undefined;
  }

  return {
    push(piece) {
      rest += piece;
      const found: ServerEvent[] = [];
      for (;;) {
        const end = /\r\n|\n|\r(?!$)/.exec(rest);
        if (end === null) return found;
        const whole = line(rest.slice(0, end.index));
        rest = rest.slice(end.index + end[0].length);
        if (whole !== undefined) found.push(whole);
      }
    },
    retryMs: () => retry,
  };
}

/** Whether an event follows the one before it; a hole means that something was missed. */
export function follows(last: number | undefined, next: number): boolean {
  return last === undefined || next === last + 1;
}

/** Milliseconds to wait before coming back: twice as long each time, half a minute at most, spread over both sides. */
export function backoffMs(attempt: number, first: number, random: number): number {
  const wanted = Math.min(30_000, first * 2 ** Math.min(attempt, 10));
  return Math.round(wanted * (0.5 + random));
}
