import { hash32 } from '../kernel/hash.ts';

/** Who called us, as W3C Trace Context (Recommendation, level 1) puts it in `traceparent`. */
export interface TraceContext {
  /** 32 lower-case hex digits, not all 0. */
  readonly traceId: string;
  /** Span of the caller: 16 lower-case hex digits, not all 0; undefined where the trace begins here. */
  readonly parentId: string | undefined;
  /** The caller may have recorded its part. */
  readonly sampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** Longer ones are not read: what a later version may append is not unbounded. */
const LONGEST = 512;
const ZEROS = /^0+$/;

/**
 * Reads `traceparent`. As the recommendation wants it, upper-case hex, ids of zeros, version ff and trailing bytes in
 * version 00 make it invalid, and of later versions the four known fields are read.
 * @returns undefined for none, several (Node joins those with a comma), or one that is not valid: a trace begins here then
 */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  if (header === undefined || header.length > LONGEST) return undefined;
  const match = TRACEPARENT.exec(header.trim());
  if (match === null) return undefined;
  const [, version, traceId, parentId, flags, rest] = match;
  if (traceId === undefined || parentId === undefined || flags === undefined) return undefined;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (ZEROS.test(traceId) || ZEROS.test(parentId)) return undefined;
  return { traceId, parentId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** One `traceparent`, version 00. */
export function formatTraceparent(traceId: string, spanId: string, sampled: boolean): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

function hex32(text: string, seed: number): string {
  return hash32(text, seed).toString(16).padStart(8, '0');
}

/** Hex digits that follow from a text; never all 0, which would not be an id. */
function idFrom(text: string, words: number): string {
  let id = '';
  for (let seed = 1; seed <= words; seed++) id += hex32(text, Math.imul(seed, 0x9e3779b1));
  return ZEROS.test(id) ? `${id.slice(0, -1)}1` : id;
}

/**
 * The trace of a request: its caller's, or one that begins here. Ids follow from the request's id instead of being drawn:
 * whoever has the record (an exporter, long after the answer) comes to the ids that were sent upstream, and nothing has to
 * be carried along. They are as unique as request ids are, and no secret.
 */
export function traceOf(traceparent: string | undefined, requestId: string): TraceContext {
  // A trace that begins here may be recorded: whether it is kept is only known at its end.
  return (
    parseTraceparent(traceparent) ?? { traceId: idFrom(requestId, 4), parentId: undefined, sampled: true }
  );
}

/** Span of the request itself, child of the caller's. */
export function requestSpanId(requestId: string): string {
  return idFrom(`${requestId} request`, 2);
}

/** Span of a layer or of the attempt at one rung, child of the request's. A request tries each rung at most once. */
export function layerSpanId(requestId: string, layer: string): string {
  return idFrom(`${requestId} ${layer}`, 2);
}

/** Name of the layer that the attempt at a rung is, for {@link layerSpanId}. */
export function attemptLayer(rung: string): string {
  return `rung ${rung}`;
}

/**
 * The `traceparent` that goes upstream with the attempt at `rung`: same trace, same sampled flag, the attempt as parent.
 * @param trace what came in ({@link traceOf}); `undefined` begins a trace
 */
export function childTraceparent(
  trace: Pick<TraceContext, 'traceId' | 'sampled'> | undefined,
  requestId: string,
  rung: string,
): string {
  const { traceId, sampled } = trace ?? traceOf(undefined, requestId);
  return formatTraceparent(traceId, layerSpanId(requestId, attemptLayer(rung)), sampled);
}
