import type {
  ActionKind,
  BreakerOptions,
  BudgetPolicy,
  DegradationLevel,
  GateLimit,
  HealthOptions,
  ModelGate,
  Objective,
  Priority,
  PriorityRule,
  RetryBudgetOptions,
  SafetySettings,
  Severity,
  ShedThresholds,
  StepUpOptions,
  Strictness,
} from '@evenkeel/core';
import type { Secret } from './secret.ts';

/** A server's address; secret when it came from the environment, because it may hold a password. */
export type Address = string | Secret;

export type ModelSource =
  | { readonly kind: 'module'; readonly file: string; readonly worker: boolean; readonly options: unknown }
  | {
      readonly kind: 'openai';
      readonly url: Address;
      readonly model: string;
      readonly key: Secret | undefined;
    }
  | {
      readonly kind: 'open_inference';
      readonly url: Address;
      readonly model: string;
      readonly version: string | undefined;
      readonly input: { readonly name: string; readonly datatype: string } | undefined;
    }
  | {
      readonly kind: 'json';
      readonly url: Address;
      readonly send: 'input' | 'input_and_features';
      readonly label: string | undefined;
      readonly confidence: string | undefined;
      readonly score: string | undefined;
      readonly health: string | undefined;
      readonly key: Secret | undefined;
    };

export interface TimeoutConfig {
  readonly connectMs: number;
  /** Undefined: the rung's budget is the only bound. */
  readonly firstMs: number | undefined;
  readonly idleMs: number;
  readonly totalMs: number;
}

export interface PartConfig {
  readonly model: string;
  readonly share: number;
  /** Names of which the caller's must be one; undefined: all. */
  readonly tenants: readonly string[] | undefined;
  readonly tiers: readonly string[] | undefined;
  readonly cohorts: readonly string[] | undefined;
}

/** How new versions of a model's weights come into service. */
export interface TrainingConfig {
  /** Option of `createModel` that gets the path of a version's weights. */
  readonly weights: string;
  /** File in a checkpoint that holds them. */
  readonly artifact: string;
  readonly automatic: readonly ('canary' | 'promote' | 'roll_back')[];
  /** Of runs that the control plane starts. */
  readonly gates: readonly ModelGate[];
  readonly canary: {
    readonly share: number;
    readonly tolerance: number;
    readonly minimum: number;
    readonly soakMs: number;
    readonly timeoutMs: number;
    readonly objectives: readonly string[] | undefined;
  };
  readonly retrain:
    | {
        readonly command: readonly string[];
        readonly cwd: string;
        readonly everyMs: number | undefined;
        readonly timeoutMs: number;
      }
    | undefined;
}

export interface ModelConfig {
  readonly name: string;
  readonly version: string;
  readonly source: ModelSource;
  readonly timeouts: TimeoutConfig;
  readonly retries: { readonly max: number; readonly on: readonly string[] };
  readonly hedge: 'p95' | 'p99' | number | undefined;
  readonly previous: string | undefined;
  readonly canary: PartConfig | undefined;
  readonly shadow: PartConfig | undefined;
  /** Undefined: the model is as the file says, and changes with the file. */
  readonly training: TrainingConfig | undefined;
  readonly breaker: BreakerOptions;
}

export type FeatureSourceConfig =
  | {
      readonly kind: 'feast';
      readonly url: Address;
      readonly features: readonly string[] | undefined;
      readonly featureService: string | undefined;
    }
  | {
      readonly kind: 'redis';
      readonly url: Address;
      readonly key: string;
      readonly fields: readonly string[];
      readonly timestamp: string | undefined;
    }
  | { readonly kind: 'module'; readonly file: string; readonly options: unknown };

export interface EntityConfig {
  readonly path: string;
  readonly type?: 'string' | 'integer' | 'number';
}

export interface FeaturesConfig {
  readonly source: FeatureSourceConfig;
  readonly entities: Readonly<Record<string, EntityConfig>>;
  readonly timeoutMs: number;
  readonly maxAgeMs: number;
  readonly ageFrom: 'event' | 'arrival';
  readonly cacheEntries: number;
  readonly freshForMs: number;
  readonly batch:
    | { readonly file: string; readonly key: string; readonly asOf: string; readonly maxAgeMs: number }
    | undefined;
  readonly breaker: BreakerOptions;
}

export type RungTarget =
  | { readonly kind: 'model'; readonly model: string }
  /** A model, asked after the request was shortened. */
  | { readonly kind: 'reduced_context'; readonly model: string; readonly options: unknown }
  | { readonly kind: 'builtin'; readonly use: string; readonly with: unknown };

export interface RungGateConfig {
  readonly limit: GateLimit;
  readonly targetWaitMs: number | undefined;
  readonly maxWaitMs: number;
}

export interface RungConfig {
  readonly name: string;
  readonly level: DegradationLevel;
  readonly target: RungTarget;
  readonly features: 'fresh' | 'cached' | 'none';
  readonly budgetMs: number;
  readonly qualityImpact: string;
  readonly dependencies: readonly string[];
  readonly overflow: boolean;
  /** Undefined: capacity is not measured here. */
  readonly gate: RungGateConfig | undefined;
}

export interface TenantConfig {
  readonly requestsPerSecond: number | undefined;
  readonly tokensPerMinute: number | undefined;
  readonly share: number;
}

export type AddressTrust = 'none' | 'loopback' | readonly string[];

export interface CallerKey {
  readonly name: string;
  readonly key: Secret;
  readonly tenant: string;
  readonly tier: string | undefined;
  readonly maySetPriority: boolean;
  readonly trustHeaders: boolean;
}

export interface CallersConfig {
  readonly keys: readonly CallerKey[];
  readonly trustHeadersFrom: AddressTrust;
  readonly maySetPriorityFrom: AddressTrust;
  readonly headers: {
    readonly tenant: string;
    readonly user: string;
    readonly tier: string;
    readonly cohort: string;
  };
}

/** A tensor as the Open Inference Protocol describes it; -1 is a dimension of any size. */
export interface TensorConfig {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

export interface OpenInferenceConfig {
  /** What becomes of a request of several rows; undefined: as the top rung's model takes it. */
  readonly rows: 'split' | 'whole' | undefined;
  readonly inputs: readonly TensorConfig[] | undefined;
  readonly outputs: readonly TensorConfig[] | undefined;
}

export interface SafetyRuleConfig {
  readonly name: string;
  readonly field: string;
  readonly words: readonly string[];
  readonly verdict: 'block' | 'replace' | 'hold';
  readonly level: Strictness;
}

export interface SafetyConfig {
  readonly rules: readonly SafetyRuleConfig[];
  readonly module: { readonly file: string; readonly options: unknown } | undefined;
  readonly strictness: Strictness;
  readonly replaceWith: unknown;
}

/** What of a request a monitor looks at. */
export type MonitorSource =
  | { readonly from: 'score' | 'confidence' | 'label' | 'level' | 'input_tokens' | 'output_tokens' }
  | { readonly from: 'feature'; readonly name: string }
  | { readonly from: 'input'; readonly path: string };

export type BaselineConfig =
  | { readonly kind: 'learned' }
  /** A column of a CSV or NDJSON file. */
  | { readonly kind: 'given'; readonly file: string; readonly column: string }
  | { readonly kind: 'rolling'; readonly days: number }
  | { readonly kind: 'seasonal'; readonly weeks: number };

/** A monitor as core defines it, and where its values come from. */
export interface MonitorConfig {
  readonly name: string;
  readonly source: MonitorSource;
  readonly role: 'input' | 'prediction' | 'confidence';
  readonly kind: 'numeric' | 'categorical';
  readonly worse: 'any' | 'higher' | 'lower';
  readonly baseline: BaselineConfig;
  readonly learn: { readonly values: number; readonly forMs: number };
  readonly minimum: number;
  readonly maxAgeMs: number;
  /** 0: the traffic is not parted. */
  readonly maxSegments: number;
}

export interface MonitorsConfig {
  readonly monitors: readonly MonitorConfig[];
  /** Requests between two false alarms of all of them together. */
  readonly falseAlarmEvery: number;
  readonly segmentBy: 'tenant' | 'tier' | 'model' | 'version' | 'level' | undefined;
  readonly estimate: {
    /** Undefined: the confidence is held against right and wrong. */
    readonly positive: string | undefined;
    readonly falseAlarmEvery: number;
    readonly calibrateAfter: number;
    readonly halfLife: number;
    readonly maxSegments: number;
  };
}

/** One service, checked: every name resolved, durations in milliseconds, shares in [0, 1], sizes in bytes. */
export interface ServiceConfig {
  readonly name: string;
  readonly type: string;
  readonly owner: string;
  readonly description: string | undefined;
  readonly timeZone: string;
  readonly deadlineMs: number;
  readonly maxDeadlineMs: number;
  readonly limits: {
    readonly bodyBytes: number;
    readonly headerBytes: number;
    readonly depth: number;
    readonly concurrency: number;
    readonly retainedRecords: number;
  };
  readonly models: ReadonlyMap<string, ModelConfig>;
  readonly features: FeaturesConfig | undefined;
  /** Best first; rungs that the file forbids are left out. */
  readonly ladder: readonly RungConfig[];
  readonly stepUp: StepUpOptions;
  readonly health: HealthOptions & { readonly everyMs: number; readonly timeoutMs: number };
  readonly retryBudget: RetryBudgetOptions;
  readonly admission: {
    readonly limit: GateLimit;
    readonly thresholds: ShedThresholds;
    readonly tenants: ReadonlyMap<string, TenantConfig>;
  };
  readonly priority: { readonly rules: readonly PriorityRule[]; readonly default: Priority };
  readonly callers: CallersConfig;
  readonly openInference: OpenInferenceConfig;
  readonly safety: SafetyConfig | undefined;
  readonly queue: { readonly capacity: number; readonly keepContentMs: number };
  readonly incidents: IncidentsConfig;
  /** Those of the file, or the usual ones. */
  readonly monitors: MonitorsConfig;
  readonly objectives: readonly Objective[];
  readonly policies: readonly BudgetPolicy[];
  readonly chaos: ChaosConfig;
}

/** Experiments and game days of the service. */
export interface ChaosConfig {
  /** Folders with the files; undefined where the file names none. */
  readonly experiments: string | undefined;
  readonly gamedays: string | undefined;
  readonly settings: SafetySettings;
}

export type NotifierTarget =
  | { readonly kind: 'pagerduty'; readonly routingKey: Secret; readonly url: Address | undefined }
  | { readonly kind: 'slack_webhook'; readonly url: Address }
  | {
      readonly kind: 'slack_bot';
      readonly token: Secret;
      readonly channel: string;
      readonly url: Address | undefined;
    }
  | { readonly kind: 'webhook'; readonly url: Address; readonly secret: Secret | undefined }
  | {
      readonly kind: 'smtp';
      readonly host: string;
      readonly port: number;
      readonly tls: 'implicit' | 'starttls' | 'none';
      readonly user: string | undefined;
      readonly password: Secret | undefined;
      readonly from: string;
      readonly to: readonly string[];
    }
  | { readonly kind: 'alertmanager'; readonly url: Address };

export interface NotifierConfig {
  readonly name: string;
  /** Only what wakes people and its end, or everything. */
  readonly events: 'pages' | 'all';
  readonly internal: boolean;
  readonly target: NotifierTarget;
}

/** How incidents of the service are opened, told, and acted on. */
export interface IncidentsConfig {
  /** Immediate actions that are taken without asking. */
  readonly automatic: readonly ActionKind[];
  readonly automaticPerDay: number;
  readonly occurrences: number;
  readonly withinMs: number;
  readonly resolveAfterMs: number;
  readonly pageFrom: Severity;
  readonly verificationMs: number;
  readonly dashboard: string | undefined;
  readonly notify: readonly NotifierConfig[];
  /** Who is behind a role: a schedule's id, or people. */
  readonly onCall: Readonly<
    Record<
      string,
      { readonly schedule?: string | undefined; readonly people?: readonly string[] | undefined }
    >
  >;
  readonly heartbeat:
    | { readonly url: Address; readonly everyMs: number; readonly internal: boolean }
    | undefined;
  readonly retrain: string | undefined;
  readonly owners: Readonly<Record<'service' | 'features' | 'models', string>>;
  readonly reviewAfterMs: number;
}
