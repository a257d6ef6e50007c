/** A place in the dashboard: what is shown, and how. Everything that a view needs to come back is in it. */
export interface Address {
  /** Decoded parts of the path; empty at home. */
  readonly parts: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

export function parseAddress(hash: string): Address {
  const text = hash.replace(/^#\/?/, '');
  const [path = '', search = ''] = text.split(/\?(.*)/s);
  return {
    parts: path
      .split('/')
      .filter((part) => part !== '')
      .map(decoded),
    query: Object.fromEntries(new URLSearchParams(search)),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function printAddress({ parts, query }: Address): string {
  const values = Object.entries(query).filter(([, value]) => value !== '');
  const search = values.length === 0 ? '' : `?${new URLSearchParams(values)}`;
  return `#/${parts.map(encodeURIComponent).join('/')}${search}`;
}

/** An address in the page, from its parts. */
export function to(parts: readonly string[], query: Readonly<Record<string, string>> = {}): string {
  return printAddress({ parts, query });
}

/** The view that shows what an address of the API proves; undefined where there is none. */
export function viewOf(apiPath: string): string | undefined {
  const [, rest] = /^\/api\/v1\/(.*)$/.exec(apiPath) ?? [];
  if (rest === undefined) return undefined;
  const { parts, query } = parseAddress(rest);
  const [noun] = parts;
  const shown = [
    'services',
    'objectives',
    'requests',
    'incidents',
    'queues',
    'monitors',
    'runs',
    'experiments',
  ];
  if (noun === 'changes' || noun === 'signals' || noun === 'feedback') return undefined;
  return noun !== undefined && shown.includes(noun) ? printAddress({ parts, query }) : undefined;
}
