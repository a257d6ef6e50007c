/** What a path asks for. */
export type Route =
  | { readonly kind: 'healthz' }
  | { readonly kind: 'readyz' }
  | { readonly kind: 'openai_models'; readonly id: string | undefined }
  | { readonly kind: 'chat' }
  | { readonly kind: 'embeddings' }
  | { readonly kind: 'predict'; readonly service: string }
  | { readonly kind: 'oip_live' }
  | { readonly kind: 'oip_ready' }
  | { readonly kind: 'oip_server' }
  | {
      readonly kind: 'oip_model';
      readonly service: string;
      readonly version: string | undefined;
      readonly what: 'metadata' | 'ready' | 'infer';
    };

/** The protocol whose error shape a path's answers have. */
export type Protocol = 'json' | 'openai' | 'open_inference';

export interface Routed {
  readonly route: Route;
  readonly method: 'GET' | 'POST';
  readonly protocol: Protocol;
}

const FIXED: Readonly<Record<string, Routed>> = {
  '/healthz': { route: { kind: 'healthz' }, method: 'GET', protocol: 'json' },
  '/readyz': { route: { kind: 'readyz' }, method: 'GET', protocol: 'json' },
  '/v1/models': { route: { kind: 'openai_models', id: undefined }, method: 'GET', protocol: 'openai' },
  '/v1/chat/completions': { route: { kind: 'chat' }, method: 'POST', protocol: 'openai' },
  '/v1/embeddings': { route: { kind: 'embeddings' }, method: 'POST', protocol: 'openai' },
  '/v2': { route: { kind: 'oip_server' }, method: 'GET', protocol: 'open_inference' },
  '/v2/': { route: { kind: 'oip_server' }, method: 'GET', protocol: 'open_inference' },
  '/v2/health/live': { route: { kind: 'oip_live' }, method: 'GET', protocol: 'open_inference' },
  '/v2/health/ready': { route: { kind: 'oip_ready' }, method: 'GET', protocol: 'open_inference' },
};

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The paths of services repeat with every request. Bounded, also in length: callers choose them. */
const known = new Map<string, Routed>();
const MOST_KNOWN = 1_000;
const LONGEST_KNOWN = 200;

/** Finds what a request's target asks for; undefined when nothing does. The query is not looked at. */
export function routeOf(target: string): Routed | undefined {
  const before = known.get(target);
  if (before !== undefined) return before;
  const routed = routeAnew(target);
  if (routed !== undefined && target.length <= LONGEST_KNOWN) {
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(target, routed);
  }
  return routed;
}

function routeAnew(target: string): Routed | undefined {
  const end = target.indexOf('?');
  const path = end === -1 ? target : target.slice(0, end);
  if (Object.hasOwn(FIXED, path)) return FIXED[path];
  if (path.startsWith('/v1/predict/')) {
    const service = decoded(path.slice(12));
    if (service === undefined || service === '' || service.includes('/')) return undefined;
    return { route: { kind: 'predict', service }, method: 'POST', protocol: 'json' };
  }
  if (path.startsWith('/v1/models/')) {
    const id = decoded(path.slice(11));
    return id === undefined
      ? undefined
      : { route: { kind: 'openai_models', id }, method: 'GET', protocol: 'openai' };
  }
  const match = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/(ready|infer))?$/.exec(path);
  const service = decoded(match?.[1] ?? '');
  if (match === null || service === undefined) return undefined;
  const what = match[3] === 'infer' ? 'infer' : match[3] === 'ready' ? 'ready' : 'metadata';
  const version = match[2] === undefined ? undefined : decoded(match[2]);
  if (match[2] !== undefined && version === undefined) return undefined;
  return {
    route: { kind: 'oip_model', service, version, what },
    method: what === 'infer' ? 'POST' : 'GET',
    protocol: 'open_inference',
  };
}

/** The protocol that a path belongs to, also when there is nothing there. */
export function protocolOf(target: string): Protocol {
  if (target.startsWith('/v2')) return 'open_inference';
  return target.startsWith('/v1/predict') || !target.startsWith('/v1') ? 'json' : 'openai';
}
