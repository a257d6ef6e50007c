import { createServer, type IncomingMessage } from 'node:http';
import { Agent, request } from 'undici';

/** What the generator asks the model to do with one request. */
interface Ask {
  readonly sender: string;
  readonly sleep: number;
  readonly fail: boolean;
  readonly label: string;
}

/** Slower than the latency objective's threshold, and the threshold, in milliseconds. */
export const SLOW_MS = 450;
export const THRESHOLD_MS = 400;

/** A model that does as it is asked: it sleeps, fails, and gives the label that stands in the request. */
export async function startModel(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const read = async (incoming: IncomingMessage): Promise<string> => {
    let text = '';
    for await (const piece of incoming) text += String(piece);
    return text;
  };
  const server = createServer(async (incoming, response) => {
    const text = await read(incoming).catch(() => '');
    const sleep = Number(/"sleep":(\d+)/.exec(text)?.[1] ?? 0);
    const label = /"label":"(\w+)"/.exec(text)?.[1] ?? 'ham';
    const answer = (): void => {
      if (text.includes('"fail":true'))
        response.writeHead(500, { 'content-type': 'application/json' }).end('{}');
      else
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ label, confidence: 0.9, score: 0.9 }));
    };
    if (sleep > 0) setTimeout(answer, sleep);
    else answer();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/predict`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A service with objectives of all five categories on traffic whose every verdict the generator knows. */
export function loadService(model: string) {
  const rung = { model: 'm', budget: '3s', gate: { initial: 64 } };
  return {
    evenkeel: 1,
    service: 'load',
    type: 'content_moderation',
    owner: 'tests',
    deadline: '4s',
    models: {
      m: {
        version: '1',
        json: { url: model, label: 'label', confidence: 'confidence', score: 'score' },
        // Failures are part of the traffic: they are not to change what happens to the others.
        breaker: { policy: 'consecutive', failures: 1_000 },
      },
    },
    features: {
      module: './features.mjs',
      entities: { sender: 'input.sender' },
      timeout: '2s',
      max_age: '1d',
      batch: { file: './senders.ndjson', key: 'sender', max_age: '1d' },
    },
    ladder: [
      { ...rung, level: 'full_service', features: 'fresh' },
      {
        ...rung,
        rung: 'old-features',
        level: 'cached_features',
        features: 'cached',
        quality: 'older features',
      },
    ],
    callers: { trust_headers_from: 'loopback' },
    safety: { rules: [{ words: ['forbidden'], verdict: 'block' }] },
    objectives: {
      availability: { category: 'availability', target: '99%', window: '30d' },
      latency: { category: 'latency', indicator: { latency: { p95: `${THRESHOLD_MS}ms` } }, window: '7d' },
      quality: { category: 'quality', baseline: '97%', allowed_degradation: '3%', window: '30d' },
      freshness: { category: 'freshness', indicator: { feature_age: '1m' } },
      safety: { category: 'safety', target: '99%', window: '7d' },
    },
  };
}

/** One request as its sender saw it. */
export interface Sent {
  readonly n: number;
  readonly to: string;
  /** 0: no answer came. */
  readonly status: number;
  readonly id: string;
  readonly ask: Ask;
  readonly tookMs: number;
  readonly featureAge: number | undefined;
  readonly level: string;
  /** When it was answered, wall milliseconds. */
  readonly at: number;
  readonly problem: string;
}

export interface Load {
  readonly log: readonly Sent[];
  /** Ends it; resolves when the last answer has come. */
  stop(): Promise<readonly Sent[]>;
}

/** The `n`th request of every run: plain ones, and some of each kind of trouble. */
function askOf(n: number, troubled: boolean): Ask {
  return {
    sender: troubled && n % 25 === 4 ? 'old' : `s${n % 50}`,
    sleep: troubled && n % 20 === 9 ? SLOW_MS : 0,
    fail: troubled && n % 50 === 17,
    label: troubled && n % 40 === 2 ? 'forbidden' : n % 8 === 0 ? 'ham' : 'spam',
  };
}

/**
 * Sends at a steady pace whatever comes back, each request once.
 * @param to where the `n`th request goes
 */
export function startLoad(
  to: (n: number) => string,
  options: {
    readonly perSecond: number;
    readonly most?: number;
    readonly troubled?: boolean;
    /** Number of the first request. */
    readonly first?: number;
  },
): Load {
  const { perSecond, most = Number.POSITIVE_INFINITY, troubled = true, first = 0 } = options;
  const log: Sent[] = [];
  const agent = new Agent({ connections: 128, keepAliveTimeout: 10_000 });
  const running = new Set<Promise<void>>();
  let n = 0;
  let stopped = false;
  const began = performance.now();

  async function send(index: number): Promise<void> {
    const ask = askOf(index, troubled);
    const start = performance.now();
    const url = to(index);
    const base = { n: index, to: url, ask };
    try {
      const answer = await request(`${url}/v1/predict/load`, {
        method: 'POST',
        dispatcher: agent,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(ask),
        bodyTimeout: 20_000,
        headersTimeout: 20_000,
      });
      const text = await answer.body.text();
      const header = (name: string): string => String(answer.headers[name] ?? '');
      const age = header('evenkeel-feature-age');
      log.push({
        ...base,
        status: answer.statusCode,
        id: header('x-request-id'),
        tookMs: performance.now() - start,
        featureAge: age === '' ? undefined : Number(age),
        level: header('evenkeel-level'),
        at: Date.now(),
        problem: answer.statusCode === 200 ? '' : text.slice(0, 300),
      });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      const nothing = { status: 0, id: '', featureAge: undefined, level: '' };
      log.push({ ...base, ...nothing, tookMs: performance.now() - start, at: Date.now(), problem });
    }
  }

  const timer = setInterval(() => {
    const due = Math.min(most, Math.floor(((performance.now() - began) / 1_000) * perSecond));
    while (!stopped && n < due) {
      const one = send(first + n++);
      running.add(one);
      void one.finally(() => running.delete(one));
    }
  }, 10);

  return {
    log,
    async stop() {
      if (Number.isFinite(most)) while (n < most) await new Promise((resolve) => setTimeout(resolve, 10));
      stopped = true;
      clearInterval(timer);
      await Promise.all(running);
      await agent.close();
      return log;
    },
  };
}

/** Good and all of a part of the log. */
export function tally(log: readonly Sent[], good: (one: Sent) => boolean): { good: number; total: number } {
  return { good: log.filter(good).length, total: log.length };
}
