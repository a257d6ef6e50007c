import { Counter, Gauge, Histogram, Registry, type RegistryContentType } from 'prom-client';
import type { Family, HistogramFamily, Labelled, ScalarFamily } from './family.ts';

/** A scrape's answer. */
export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

type LabelSet = Record<string, string>;

function labelSet(names: readonly string[], values: readonly string[]): LabelSet {
  const set: LabelSet = {};
  names.forEach((name, i) => {
    set[name] = values[i] ?? '';
  });
  return set;
}

/** prom-client writes the text; the numbers are ours, because its own series cost a hash of all labels for every event. */
function written(family: ScalarFamily, get: () => Promise<object>): object {
  return {
    get: async () => ({
      ...(await get()),
      values: [...family.series()].map(({ labels, cell }) => ({
        labels: labelSet(family.labelNames, labels),
        value: cell.value,
      })),
    }),
  };
}

function histogramValues(family: HistogramFamily): object[] {
  const { name, labelNames, bounds } = family;
  const values: object[] = [];
  const one = ({ labels, cell }: Labelled<ReturnType<HistogramFamily['cell']>>): void => {
    const base = labelSet(labelNames, labels);
    let count = 0;
    cell.counts.forEach((own, i) => {
      count += own;
      const exemplar = cell.exemplars[i];
      values.push({
        metricName: `${name}_bucket`,
        labels: { le: i < bounds.length ? String(bounds[i]) : '+Inf', ...base },
        value: count,
        exemplar:
          exemplar === undefined
            ? undefined
            : {
                labelSet: { trace_id: exemplar.traceId },
                value: exemplar.value,
                timestamp: exemplar.at / 1_000,
              },
      });
    });
    values.push({ metricName: `${name}_sum`, labels: base, value: cell.sum() });
    values.push({ metricName: `${name}_count`, labels: base, value: count });
  };
  for (const series of family.series()) one(series);
  return values;
}

/**
 * Registers a family with a registry of this one scrape. A registry is not kept: in the OpenMetrics format prom-client
 * renames the counters that it holds, and the next scrape in the text format would see them without `_total`.
 */
function register(family: Family, registry: Registry<RegistryContentType>): void {
  const facts = {
    name: family.name,
    help: family.help,
    labelNames: family.labelNames,
    registers: [registry],
  };
  if (family.kind === 'histogram') {
    const metric = new Histogram({ ...facts, buckets: [...family.bounds] });
    const { name, help } = family;
    // What prom-client asks a histogram for before it writes it.
    Object.assign(metric, {
      getForPromString: async () => ({ name, help, type: 'histogram', values: histogramValues(family) }),
    });
    registry.registerMetric(metric);
    return;
  }
  const metric = family.kind === 'counter' ? new Counter(facts) : new Gauge(facts);
  Object.assign(metric, written(family, metric.get.bind(metric)));
  registry.registerMetric(metric);
}

/**
 * Whether a scraper prefers OpenMetrics: it names the type, and does not give it a lower quality than plain text.
 * @param accept the `accept` header
 */
export function wantsOpenMetrics(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  let open = 0;
  let plain = 0;
  for (const part of accept.slice(0, 1_024).split(',')) {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const quality = Number(parameters.find((text) => text.startsWith('q='))?.slice(2) ?? 1);
    if (!Number.isFinite(quality)) continue;
    if (type === 'application/openmetrics-text') open = Math.max(open, quality);
    else if (type === 'text/plain' || type === 'text/*' || type === '*/*') plain = Math.max(plain, quality);
  }
  return open > 0 && open >= plain;
}

/** All families as text: Prometheus' format 0.0.4, or OpenMetrics 1.0 (with exemplars) for those who ask for it. */
export async function expose(families: readonly Family[], accept: string | undefined): Promise<Exposition> {
  const registry = new Registry<RegistryContentType>();
  if (wantsOpenMetrics(accept)) registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  for (const family of families) register(family, registry);
  return { contentType: registry.contentType, body: await registry.metrics() };
}
