// The files of the flagship, short, and for a machine that has less to give: what needs hours of traffic gets as much as a
// minute gives.
import { join } from 'node:path';
import { parse } from 'yaml';
import { EXAMPLE } from './flagship.mjs';

export const SECONDS = Number(process.env.SECONDS ?? 45);
/** Times of the files, and of the service, are multiplied by this. */
export const TIMES = Number(process.env.TIMES ?? 1);
/** Share below full service that is taken for steady where the machine cannot carry the best model; 0: what the file says. */
const FALLBACK = Number(process.env.FALLBACK ?? 0);
const folder = join(EXAMPLE, 'experiments');

/** Every time in milliseconds, so many times as long: for a machine that has so much less to give. */
export const slower = (text) => text.replace(/\b(\d+)ms\b/g, (_, ms) => `${Number(ms) * TIMES}ms`);

/** The file as it is, but short: what needs hours of traffic gets as much as a minute gives. */
export function shortened(text) {
  const file = parse(slower(text));
  // A share that so little traffic can say something of.
  const limited = file.radius === undefined || ['limited', 'moderate'].includes(file.radius);
  return {
    ...file,
    duration: `${SECONDS}s`,
    ...(limited ? { radius: { share: '50%' } } : {}),
    method: file.method.map(({ fault, at, for: lasts }) => ({
      fault: fault.corpus === undefined ? fault : { ...fault, corpus: join(folder, fault.corpus) },
      ...(at === undefined ? {} : { at: '5s' }),
      ...(lasts === undefined ? {} : { for: `${SECONDS - 10}s` }),
    })),
    hypothesis: {
      ...file.hypothesis,
      probes: file.hypothesis.probes.map((probe) =>
        probe.figure === 'p99_ms' && probe.less_than
          ? { ...probe, less_than: probe.less_than * TIMES }
          : probe.figure === 'fallback_rate' && FALLBACK > 0
            ? { ...probe, less_than: FALLBACK }
            : probe,
      ),
    },
    expect: file.expect.map((one) => (one.within === undefined ? one : { ...one, within: '45s' })),
    baseline: { for: '12s', requests: 20 },
    recover: '30s',
    requests: 15,
    // On a machine that others use too, a latency objective burns now and then without any fault: what costs answers still stops it.
    abort: { ...file.abort, burn_rate: 25 },
    allow: { ...file.allow, peak_hours: true, open_incidents: true },
  };
}
