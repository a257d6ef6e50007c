import { StringDecoder } from 'node:string_decoder';

export interface SseEvent {
  /** The `data` lines, joined by line feeds. */
  readonly data: string;
  /** The `event` field; `message` when there is none. */
  readonly type: string;
}

export interface SseParser {
  /** Takes the next bytes, cut anywhere, and reports each event that they complete. @throws RangeError over the bound */
  push(bytes: Buffer): void;
  /**
   * Reports an event that the end of the stream left without its blank line. The standard would drop it, but servers
   * that close right after their last line are common, and dropping it would make a whole answer look cut off.
   */
  end(): void;
}

/** Characters of one event at most, over all its lines. */
export const MAX_EVENT_CHARS: number = 1_048_576;

/**
 * Server-sent events (WHATWG HTML, section 9.2.6), incrementally: lines end in LF, CR or CRLF, characters may be split
 * between pushes, comments and unknown fields are passed over. Each character is looked at a bounded number of times
 * however the stream is cut up.
 */
export function createSseParser(
  onEvent: (event: SseEvent) => void,
  maxChars: number = MAX_EVENT_CHARS,
): SseParser {
  const decoder = new StringDecoder('utf8');
  // An unfinished line is kept in pieces: joining at every push would be quadratic for a line that comes in drops.
  let pieces: string[] = [];
  let pending = 0;
  let data: string | undefined;
  let type = '';
  let started = false;
  let skipLineFeed = false;

  function bound(length: number): void {
    if (length > maxChars) throw new RangeError(`an event is longer than ${maxChars} characters`);
  }

  function dispatch(): void {
    const event = data === undefined ? undefined : { data, type: type === '' ? 'message' : type };
    data = undefined;
    type = '';
    if (event !== undefined) onEvent(event);
  }

  function line(text: string): void {
    if (text === '') {
      dispatch();
      return;
    }
    const colon = text.indexOf(':');
    if (colon === 0) return;
    const field = colon === -1 ? text : text.slice(0, colon);
    if (field !== 'data' && field !== 'event') return;
    const start = colon === -1 ? text.length : text.startsWith(' ', colon + 1) ? colon + 2 : colon + 1;
    const value = text.slice(start);
    if (field === 'event') type = value;
    else if (data === undefined) data = value;
    else {
      // Concatenation makes a rope in V8: no copy per line.
      data = `${data}\n${value}`;
      bound(data.length);
    }
  }

  function text(chunk: string): void {
    let from = 0;
    if (!started && chunk.length > 0) {
      started = true;
      if (chunk.startsWith('\uFEFF')) from = 1;
    }
    if (skipLineFeed && chunk.length > from) {
      skipLineFeed = false;
      if (chunk.startsWith('\n', from)) from += 1;
    }
    // Most streams have no CR at all: it is looked for once per chunk and then only when passed.
    let carriageReturn = chunk.indexOf('\r', from);
    for (;;) {
      const lineFeed = chunk.indexOf('\n', from);
      if (carriageReturn !== -1 && carriageReturn < from) carriageReturn = chunk.indexOf('\r', from);
      const atReturn = carriageReturn !== -1 && (lineFeed === -1 || carriageReturn < lineFeed);
      const at = atReturn ? carriageReturn : lineFeed;
      if (at === -1) break;
      bound(pending + at - from);
      const last = chunk.slice(from, at);
      if (pieces.length === 0) line(last);
      else {
        pieces.push(last);
        const whole = pieces.join('');
        pieces = [];
        pending = 0;
        line(whole);
      }
      from = at + 1;
      if (!atReturn) continue;
      if (from === chunk.length) skipLineFeed = true;
      else if (chunk.startsWith('\n', from)) from += 1;
    }
    if (from < chunk.length) {
      pending += chunk.length - from;
      bound(pending);
      pieces.push(chunk.slice(from));
    }
  }

  return {
    push(bytes) {
      text(decoder.write(bytes));
    },
    end() {
      text(decoder.end());
      if (pieces.length > 0) {
        const last = pieces.join('');
        pieces = [];
        pending = 0;
        line(last);
      }
      dispatch();
    },
  };
}
