import { execFile } from 'node:child_process';
import { type Activity, describeError } from '@evenkeel/core';

/** What came of an activity. */
export interface ActivityOutcome {
  readonly ok: boolean;
  readonly output: unknown;
  readonly reason: string;
}

/** Carries out what a file asks of the outside; never rejects. */
export type RunActivity = (activity: Activity) => Promise<ActivityOutcome>;

/** Of an answer or an output, at most this much is kept. */
const MOST_BYTES = 64 * 1_024;

async function http(provider: Extract<Activity['provider'], { type: 'http' }>): Promise<ActivityOutcome> {
  const { url, method, headers, body, timeoutMs } = provider;
  const plain = body === undefined || method === 'GET' || method === 'HEAD';
  const response = await fetch(url, {
    method,
    headers: { ...(plain ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(plain ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = (await response.text()).slice(0, MOST_BYTES);
  // An answer is an output, whatever its status: the tolerance of a probe says whether it is the right one.
  return {
    ok: true,
    output: { status: response.status, headers: Object.fromEntries(response.headers), body: text },
    reason: `HTTP ${response.status}`,
  };
}

function process(provider: Extract<Activity['provider'], { type: 'process' }>): Promise<ActivityOutcome> {
  return new Promise((resolve) => {
    const options = { timeout: provider.timeoutMs, maxBuffer: MOST_BYTES, windowsHide: true };
    const child = execFile(provider.path, [...provider.arguments], options, (error, stdout, stderr) => {
      const started = error === null || typeof error.code === 'number';
      resolve({
        ok: started,
        output: started ? { status: child.exitCode ?? 0, stdout, stderr } : undefined,
        reason: error === null ? 'exit 0' : describeError(error),
      });
    });
  });
}

/** An action that answers with an error has failed; what a probe answers is for its tolerance to judge. */
export const runActivity: RunActivity = async (activity) => {
  const { provider, type } = activity;
  try {
    if (provider.type === 'http') {
      const outcome = await http(provider);
      const status = Number(outcome.reason.slice(5));
      return type === 'action' && status >= 400 ? { ...outcome, ok: false } : outcome;
    }
    if (provider.type === 'process') {
      const outcome = await process(provider);
      return type === 'action' && outcome.reason !== 'exit 0' ? { ...outcome, ok: false } : outcome;
    }
    return { ok: false, output: undefined, reason: 'a fault is no activity of the outside' };
  } catch (error) {
    return { ok: false, output: undefined, reason: describeError(error) };
  }
};
