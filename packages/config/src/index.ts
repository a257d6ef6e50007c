export * from './chaos/index.ts';
export { jsonSchema } from './json-schema.ts';
export { type Loaded, type LoadOptions, loadServiceFile } from './load.ts';
export * from './openslo/index.ts';
export { formatProblems, type Problem } from './problem.ts';
export * from './prometheus/index.ts';
export type { Secret } from './secret.ts';
export type {
  Address,
  AddressTrust,
  BaselineConfig,
  CallerKey,
  CallersConfig,
  ChaosConfig,
  EntityConfig,
  FeatureSourceConfig,
  FeaturesConfig,
  IncidentsConfig,
  ModelConfig,
  ModelSource,
  MonitorConfig,
  MonitorSource,
  MonitorsConfig,
  NotifierConfig,
  NotifierTarget,
  OpenInferenceConfig,
  PartConfig,
  RungConfig,
  RungGateConfig,
  RungTarget,
  SafetyConfig,
  SafetyRuleConfig,
  ServiceConfig,
  TenantConfig,
  TensorConfig,
  TimeoutConfig,
  TrainingConfig,
} from './service-config.ts';
