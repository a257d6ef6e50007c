import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Serving, serveUntilSignal } from 'evenkeel';
import { type FeatureProcess, startFeatureProcess } from './feature-process.ts';
import { FEATURES_PORT } from './feature-server.ts';
import { followFeedback } from './feedback-follower.ts';
import { EXAMPLE_DIR } from './paths.ts';
import { type PrepareStep, prepare } from './prepare.ts';
import { progressLine } from './progress.ts';
import { writeWhole } from './senders-file.ts';

export interface Lap {
  readonly name: string;
  readonly seconds: number;
}

export interface FlagshipOptions {
  /** What was done before, and how long it took: named again at the end. */
  readonly laps: readonly Lap[];
}

const DRAIN_MS = 30_000;
/** As the shipped file has it. */
const SHIPPED_URL = `http://127.0.0.1:${FEATURES_PORT}`;

function portFrom(name: string, otherwise: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return otherwise;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`${name}: expected a port between 0 and 65535, found "${text}"`);
  return port;
}

function prepared(): Lap[] {
  const lines = new Map<PrepareStep, (share: number) => void>();
  const { took } = prepare({
    onProgress(step, share) {
      const line = lines.get(step) ?? progressLine(step);
      lines.set(step, line);
      line(share);
    },
  });
  return took.map(({ step, ms }) => ({ name: step, seconds: ms / 1_000 }));
}

const SHIPPED_FILE = join(EXAMPLE_DIR, 'evenkeel.yaml');

/** The example's service file; for another port of the feature server a copy beside it, since its paths are relative. */
function serviceFile(featuresPort: number): string {
  if (featuresPort === FEATURES_PORT) return SHIPPED_FILE;
  const text = readFileSync(SHIPPED_FILE, 'utf8');
  if (!text.includes(SHIPPED_URL)) throw new Error(`${SHIPPED_FILE}: ${SHIPPED_URL} is not in it any more`);
  const copy = join(EXAMPLE_DIR, `evenkeel.features-${featuresPort}.yaml`);
  writeWhole(copy, text.replaceAll(SHIPPED_URL, `http://127.0.0.1:${featuresPort}`));
  return copy;
}

function greeting({ gatewayPort = 0, controlPort, key }: Serving, features: FeatureProcess): string {
  const gateway = `http://127.0.0.1:${gatewayPort}`;
  const port = features.port === FEATURES_PORT ? '' : ` -- --port ${features.port}`;
  const url = gatewayPort === 4_100 ? '' : ` --url ${gateway}/v1/predict/moderation`;
  return `
Serving
  gateway   ${gateway}
  control   http://127.0.0.1:${controlPort}/api/v1/services
  sign in   http://127.0.0.1:${controlPort}/#key=${key ?? ''}
  features  http://127.0.0.1:${features.port}, pid ${features.pid}

Try it (for the first seconds, while the embedding model loads, a simpler one answers):
  curl -si ${gateway}/v1/predict/moderation -H 'content-type: application/json' \\
    -d '{"sender":"offers@example.com","subject":"Make money fast","text":"Work from home, no obligation, click here to order now"}'
  It answers label spam with a confidence, and evenkeel-level: full_service.

See how it keeps its promises
  npx evenkeel slo status
  npx evenkeel slo explain moderation latency-p99

Break it
  without features   kill -9 ${features.pid}
                     answers go on at cached_features, after a minute at simpler_model
  and back           npm run features -w @evenkeel/example-moderation${port}
  without its model  touch ${join(EXAMPLE_DIR, 'data', 'kill-primary')}
                     ends the embedding thread; it is started anew and stepped up to
  too much of it     npm run traffic -w @evenkeel/example-moderation -- --rate 60${url}
`;
}

/**
 * Prepares what is missing, starts the feature server as a process of its own, and serves until SIGTERM or SIGINT: then
 * what is in flight is finished first, and the feature server ended after it. Sets the exit code.
 *
 * Ports come from `EVENKEEL_GATEWAY_PORT` (4100), `EVENKEEL_CONTROL_PORT` (4101) and `MODERATION_FEATURES_PORT` (4105); the
 * database lives in `EVENKEEL_DATA_DIR` (`.evenkeel`).
 */
export async function runFlagship(options: FlagshipOptions): Promise<void> {
  let features: FeatureProcess | undefined;
  let file = SHIPPED_FILE;
  try {
    const gatewayPort = portFrom('EVENKEEL_GATEWAY_PORT', 4_100);
    const controlPort = portFrom('EVENKEEL_CONTROL_PORT', 4_101);
    const featuresPort = portFrom('MODERATION_FEATURES_PORT', FEATURES_PORT);
    const laps = [...options.laps, ...prepared()];

    const began = performance.now();
    const running = await startFeatureProcess(featuresPort, (how) =>
      console.error(`\nthe feature server ended (${how}); its pid was ${running.pid}`),
    );
    features = running;
    file = serviceFile(running.port);
    process.exitCode = await serveUntilSignal({
      files: [file],
      gatewayPort,
      controlPort,
      host: '127.0.0.1',
      dataDir: process.env.EVENKEEL_DATA_DIR ?? '.evenkeel',
      drainMs: DRAIN_MS,
      onReady(serving) {
        laps.push({ name: 'start', seconds: (performance.now() - began) / 1_000 });
        console.log(greeting(serving, running));
        followFeedback(
          `http://127.0.0.1:${serving.controlPort}`,
          serving.key ?? '',
          `http://127.0.0.1:${running.port}`,
        );
        console.log(`Took: ${laps.map(({ name, seconds }) => `${name} ${seconds.toFixed(1)} s`).join(', ')}`);
      },
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  } finally {
    await features?.stop();
    if (file !== SHIPPED_FILE) rmSync(file, { force: true });
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  await runFlagship({ laps: [] });
