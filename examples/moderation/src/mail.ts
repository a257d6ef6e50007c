import { htmlToText } from './html-text.ts';

/** A mail in its parts, before anything is scrubbed. */
export interface ParsedMail {
  /** Address of the From header in lower case; empty when there is none. */
  readonly sender: string;
  readonly subject: string;
  /** The part a reader would see: text/plain, else text/html as text. */
  readonly body: string;
  /** When the receiving host took it, wall milliseconds; undefined when no header says so believably. */
  readonly receivedAt: number | undefined;
}

type Headers = ReadonlyMap<string, string>;

const MAX_PARTS = 30;

function splitHeaders(raw: string): { readonly headers: Headers; readonly body: string } {
  const end = raw.search(/\r?\n\r?\n/);
  const head = end < 0 ? raw : raw.slice(0, end);
  const body = end < 0 ? '' : raw.slice(end).replace(/^\r?\n\r?\n/, '');
  const headers = new Map<string, string>();
  for (const line of head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const name = line.slice(0, colon).toLowerCase();
    // The first one counts: Received is prepended, so its first is that of the receiving host.
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return { headers, body };
}

function decodeBytes(bytes: Uint8Array, charset: string | undefined): string {
  try {
    return new TextDecoder(charset ?? 'windows-1252').decode(bytes);
  } catch {
    // A charset nobody knows: most of the time one that some mailer made up for Latin letters.
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

function quotedPrintable(text: string, charset: string | undefined): string {
  const joined = text.replace(/=[ \t]*\r?\n/g, '');
  return joined.replace(/(?:=[0-9a-f]{2})+/gi, (run) =>
    decodeBytes(
      Uint8Array.from(run.slice(1).split('='), (hex) => Number.parseInt(hex, 16)),
      charset,
    ),
  );
}

function decodeTransfer(text: string, encoding: string, charset: string | undefined): string {
  if (encoding === 'base64') return decodeBytes(Buffer.from(text, 'base64'), charset);
  if (encoding === 'quoted-printable') return quotedPrintable(text, charset);
  return text;
}

/** RFC 2047: `=?charset?B?…?=` and `=?charset?Q?…?=` inside headers. */
function decodeWords(value: string): string {
  return value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(
      /=\?([^?]{1,40})\?([BbQq])\?([^?]{0,500})\?=/g,
      (_, charset: string, kind: string, text: string) =>
        kind.toLowerCase() === 'b'
          ? decodeTransfer(text, 'base64', charset)
          : quotedPrintable(text.replaceAll('_', ' '), charset),
    );
}

function parameter(contentType: string, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^;\\s]+))`, 'i').exec(contentType);
  return found?.[1] ?? found?.[2];
}

interface Readable {
  readonly kind: 'plain' | 'html';
  readonly text: string;
}

/** The readable parts of an entity, at most {@link MAX_PARTS}, in their order. */
function readableParts(headers: Headers, body: string, into: Readable[], depth: number): void {
  if (into.length >= MAX_PARTS || depth > 5) return;
  const contentType = headers.get('content-type') ?? 'text/plain';
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  const boundary = parameter(contentType, 'boundary');
  if (type.startsWith('multipart/') && boundary !== undefined && boundary !== '') {
    for (const piece of body.split(`--${boundary}`).slice(1)) {
      if (piece.startsWith('--')) break;
      const part = splitHeaders(piece.replace(/^[^\n]*\n/, ''));
      readableParts(part.headers, part.body, into, depth + 1);
    }
    return;
  }
  if (type.startsWith('message/')) {
    const inner = splitHeaders(body);
    readableParts(inner.headers, inner.body, into, depth + 1);
    return;
  }
  const encoding = (headers.get('content-transfer-encoding') ?? '').toLowerCase();
  const text = decodeTransfer(body, encoding, parameter(contentType, 'charset'));
  if (type === 'text/html') into.push({ kind: 'html', text: htmlToText(text) });
  else if (type.startsWith('text') || type === '' || depth === 0) {
    // Some senders forget to say that it is a page.
    const html = /<\s*(?:html|body|table|font|center)\b/i.test(text.slice(0, 2000));
    into.push({ kind: html ? 'html' : 'plain', text: html ? htmlToText(text) : text });
  }
}

const EARLIEST = Date.UTC(1999, 0, 1);
const LATEST = Date.UTC(2005, 0, 1);

function time(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text.replace(/\([^)]*\)/g, '').trim());
  return ms >= EARLIEST && ms <= LATEST ? ms : undefined;
}

function receivedAt(raw: string, headers: Headers): number | undefined {
  const envelope = /^From \S*\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]{8}\s+\d{4})/.exec(raw)?.[1];
  return (
    time(envelope === undefined ? undefined : `${envelope} GMT`) ??
    time(headers.get('received')?.split(';').at(-1)) ??
    time(headers.get('date'))
  );
}

function address(from: string): string {
  const found = /<([^<>\s]+@[^<>\s]+)>/.exec(from) ?? /([^\s<>()",;:]+@[^\s<>()",;:]+)/.exec(from);
  return (found?.[1] ?? '').toLowerCase();
}

/** Takes a mail apart. Crude where mail is: it never throws, whatever it is given. */
export function parseMail(raw: string): ParsedMail {
  // Letters the archive has lost; kept, they would only tell which archive it was.
  const text = raw.replaceAll('\uFFFD', ' ');
  const { headers, body } = splitHeaders(text);
  const parts: Readable[] = [];
  readableParts(headers, body, parts, 0);
  const readable = (part: Readable): boolean => /\w{2}/.test(part.text);
  const chosen = parts.find((part) => part.kind === 'plain' && readable(part)) ?? parts.find(readable);
  return {
    sender: address(headers.get('from') ?? ''),
    subject: decodeWords(headers.get('subject') ?? '').replaceAll('\uFFFD', ' '),
    body: (chosen?.text ?? '').replaceAll('\uFFFD', ' '),
    receivedAt: receivedAt(text, headers),
  };
}
