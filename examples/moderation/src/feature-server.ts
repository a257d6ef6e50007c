import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createOnlineFeatures, type OnlineFeatures, type Reply } from './online-features.ts';
import { dataDirOf } from './paths.ts';
import { readSenders, sendersFile } from './senders-file.ts';

export const FEATURES_PORT = 4105;
const MAX_BODY = 1_048_576;
/** Nothing comes in that is not counted at once, so the history is current: the stamps say so, this often. */
const RESTAMP_MS = 1_000;

export interface FeatureServerOptions {
  /** 0 takes any free port. Default {@link FEATURES_PORT}. */
  readonly port?: number;
  /** Folder of `senders.ndjson`. Default the example's `data`. */
  readonly dataDir?: string;
}

export interface FeatureServer {
  readonly port: number;
  readonly senders: number;
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request) {
    const bytes = Buffer.from(piece);
    size += bytes.length;
    if (size > MAX_BODY) return undefined;
    pieces.push(bytes);
  }
  return Buffer.concat(pieces).toString('utf8');
}

const jsonInvalid = (message: string): Reply => ({
  status: 422,
  body: { detail: [{ type: 'json_invalid', loc: ['body'], msg: `JSON decode error: ${message}` }] },
});

async function reply(request: IncomingMessage, features: OnlineFeatures): Promise<Reply> {
  const path = (request.url ?? '').split('?')[0];
  const get = path === '/health';
  if (!get && path !== '/get-online-features' && path !== '/push')
    return { status: 404, body: { detail: 'Not Found' } };
  if (request.method !== (get ? 'GET' : 'POST'))
    return { status: 405, body: { detail: 'Method Not Allowed' } };
  if (get)
    return { status: 200, body: { status: 'healthy', senders: features.size(), pushed: features.pushed() } };
  const text = await bodyOf(request);
  if (text === undefined)
    return { status: 413, body: { detail: `The body has more than ${MAX_BODY} bytes` } };
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    return jsonInvalid(error instanceof Error ? error.message : String(error));
  }
  return path === '/push' ? features.push(body) : features.getOnlineFeatures(body);
}

function send(response: ServerResponse, { status, body }: Reply): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    // Whoever sent too much is still sending.
    ...(status === 413 ? { connection: 'close' } : {}),
  });
  response.end(text);
}

/**
 * Serves sender history on loopback, in the shapes of a Feast feature server.
 * @throws Error when the table is missing or the port is taken
 */
export async function startFeatureServer(options: FeatureServerOptions = {}): Promise<FeatureServer> {
  const features = createOnlineFeatures(readSenders(sendersFile(dataDirOf(options.dataDir))), Date.now);
  const server = createServer((request, response) => {
    reply(request, features).then(
      (answer) => send(response, answer),
      () => {
        if (response.headersSent || response.destroyed) response.destroy();
        else send(response, { status: 500, body: { detail: 'Internal Server Error' } });
      },
    );
  });
  server.requestTimeout = 5_000;
  server.headersTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? FEATURES_PORT, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const stamps = setInterval(() => features.restamp(), RESTAMP_MS);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    senders: features.size(),
    close() {
      clearInterval(stamps);
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function portOf(text: string | undefined): number {
  if (text === undefined) return FEATURES_PORT;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`"${text}" is not a port`);
  return port;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string' }, data: { type: 'string' } } });
  const server = await startFeatureServer({
    port: portOf(values.port ?? process.env.MODERATION_FEATURES_PORT),
    ...(values.data === undefined ? {} : { dataDir: values.data }),
  });
  console.log(`features of ${server.senders} senders on http://127.0.0.1:${server.port}, pid ${process.pid}`);
  const stop = (): void => {
    server.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // Started by the flagship: without it there is nobody to serve.
  process.once('disconnect', stop);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  main().catch((error: unknown) => {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    const message = error instanceof Error ? error.message : String(error);
    console.error(taken ? `the port is in use: choose another with --port (${message})` : message);
    process.exit(1);
  });
