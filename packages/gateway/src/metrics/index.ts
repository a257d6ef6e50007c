export type { Exposition } from './exposition.ts';
export { createMetrics, type Metrics, type MetricsOptions, type StoreFigures } from './metrics.ts';
export type { Thresholds } from './request-families.ts';
