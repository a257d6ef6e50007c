// Faults by type of incident. Each turns something in the world, at an intensity in [0, 1], and says which type that is.
import { CHANNELS } from './world.mjs';

const change = (kind, what, summary) => ({ kind, what, summary, by: 'release bot' });

/** name → { type, start(world, intensity, random) → changes that were recorded with it } */
export const FAULTS = {
  'feature server dead': {
    type: 'feature_pipeline',
    start({ conditions }, intensity) {
      conditions.features.mode = intensity < 0.5 ? 'refused' : 'silent';
      return [];
    },
  },
  'feature server slow': {
    type: 'feature_pipeline',
    start({ conditions }, intensity) {
      conditions.features.slow = 6 + 40 * intensity;
      return [];
    },
  },
  'features stale': {
    type: 'feature_pipeline',
    start({ conditions }, intensity) {
      conditions.features.stalled = true;
      return intensity > 0.5 ? [change('data', 'materialise job', 'moved to the new cluster')] : [];
    },
  },
  'features missing': {
    type: 'feature_pipeline',
    start({ conditions }, intensity) {
      conditions.features.missing = 0.04 + 0.6 * intensity;
      return [];
    },
  },
  'model slow': {
    type: 'serving_latency',
    start({ conditions }, intensity) {
      conditions.model.slow = 2 + 8 * intensity;
      return [];
    },
  },
  'model heavy tail': {
    type: 'serving_latency',
    start({ conditions }, intensity) {
      conditions.model.heavy = 0.06 + 0.6 * intensity;
      return [];
    },
  },
  'capacity lost': {
    type: 'serving_latency',
    start({ conditions }, intensity, _random, { rps }) {
      // What is left bears between a half and nine tenths of the traffic.
      conditions.model.workers = 1;
      conditions.model.slow = Math.max(1, (1.1 + 0.9 * intensity) / (rps * 0.048));
      return [];
    },
  },
  overload: {
    type: 'serving_latency',
    start({ conditions }, intensity, _random, { rps }) {
      // Over what eight workers bear (about 160 a second), by a tenth to a half.
      conditions.rate = ((1.1 + 0.4 * intensity) * 160) / rps;
      return [];
    },
  },
  'model errors': {
    type: 'model_degradation',
    start({ conditions }, intensity) {
      conditions.model.errors = 0.04 + 0.96 * intensity;
      return [];
    },
  },
  'model crashed': {
    type: 'model_degradation',
    start({ conditions }) {
      conditions.model.mode = 'refused';
      return [];
    },
  },
  'bad version': {
    type: 'model_degradation',
    start(world, intensity, random) {
      const { conditions, versions } = world;
      const good = versions.get(conditions.model.version);
      const wrong = `${conditions.model.version}-rc`;
      const share = 0.45 + 1.1 * intensity;
      versions.set(wrong, {
        w: good.w.map((row) => row.map((v) => v * (1 - 0.7 * share) + 1.8 * share * (2 * random() - 1))),
        bias: good.bias,
      });
      conditions.model.version = wrong;
      return [change('model', 'recommender', 'version promoted to production')];
    },
  },
  'silent swap': {
    type: 'model_degradation',
    start(world, intensity, random) {
      const { conditions, versions } = world;
      const good = versions.get(conditions.model.version);
      const wrong = `${conditions.model.version}-b`;
      const share = 0.5 + 1.1 * intensity;
      versions.set(wrong, {
        w: good.w.map((row) => row.map((v) => v * (1 - 0.7 * share) + 1.8 * share * (2 * random() - 1))),
        bias: good.bias,
      });
      conditions.model.version = wrong;
      return [];
    },
  },
  'unit change': {
    type: 'data_quality',
    start({ conditions }, intensity) {
      const factor = intensity < 0.5 ? 100 : 0.01;
      conditions.input = (value) => ({ ...value, amount: value.amount * factor });
      return intensity > 0.3 ? [change('schema', 'orders', 'amounts are in cents')] : [];
    },
  },
  'wrong type': {
    type: 'data_quality',
    start({ conditions }, intensity) {
      const share = 0.04 + 0.9 * intensity;
      conditions.input = (value, random) =>
        random() < share ? { ...value, amount: String(value.amount) } : value;
      return [];
    },
  },
  nulls: {
    type: 'data_quality',
    start({ conditions }, intensity) {
      const share = 0.04 + 0.6 * intensity;
      conditions.input = (value, random) =>
        random() < share ? { ...value, amount: null, channel: random() < 0.5 ? null : value.channel } : value;
      return intensity > 0.6 ? [change('data', 'events', 'new collector')] : [];
    },
  },
  'unseen categories': {
    type: 'data_quality',
    start({ conditions }, intensity) {
      const share = 0.04 + 0.7 * intensity;
      conditions.input = (value, random) =>
        random() < share ? { ...value, channel: `${value.channel}_v2` } : value;
      return [];
    },
  },
  'fields swapped': {
    type: 'data_quality',
    start({ conditions }) {
      conditions.input = (value) => ({ ...value, channel: value.amount, amount: value.channel });
      return [];
    },
  },
  'amounts shift': {
    type: 'drift_detected',
    start({ conditions }, intensity, random) {
      conditions.amountShift = (random() < 0.5 ? -1 : 1) * (0.4 + 0.9 * intensity);
      return [];
    },
  },
  'mix shifts': {
    type: 'drift_detected',
    start({ conditions }, intensity) {
      const to = 0.12 + 0.5 * intensity;
      conditions.channelMix = [
        0.45 * (1 - to),
        0.35 * (1 - to),
        0.12 + 0.88 * to * 0.6,
        0.08 + 0.88 * to * 0.4,
      ];
      const sum = conditions.channelMix.reduce((a, b) => a + b, 0);
      conditions.channelMix = conditions.channelMix.map((v) => v / sum);
      return [];
    },
  },
  'both shift slowly': {
    type: 'drift_detected',
    start({ conditions, clock }, intensity) {
      let step = 0;
      const end = 0.8 + 0.6 * intensity;
      const creep = () => {
        step += 1;
        conditions.amountShift = (end * step) / 10;
        conditions.channelMix = [0.45 - 0.025 * step, 0.35, 0.12 + 0.025 * step, 0.08];
        if (step < 10) clock.after(60_000, creep);
      };
      creep();
      return [];
    },
  },
  'attack wave': {
    type: 'safety_violation',
    start({ conditions }, intensity) {
      conditions.attack = 0.025 + 0.3 * intensity;
      return [];
    },
  },
  'filter bypassed': {
    type: 'safety_violation',
    start({ conditions }, intensity) {
      conditions.attack = 0.025 + 0.2 * intensity;
      conditions.bypass = true;
      return intensity > 0.5 ? [change('config', 'safety rules', 'a rule was relaxed')] : [];
    },
  },
  'training poisoned': { type: 'training_failure', start: (world) => trains(world, 'poison') },
  'training rate': { type: 'training_failure', start: (world) => trains(world, 'rate') },
  'training out of memory': { type: 'training_failure', start: (world) => trains(world, 'oom') },
  'training hangs': { type: 'training_failure', start: (world) => trains(world, 'hang') },
  'training labels': { type: 'training_failure', start: (world) => trains(world, 'labels') },
  'training torn': { type: 'training_failure', start: (world) => trains(world, 'torn') },
  'learns from itself': {
    type: 'feedback_loop',
    start({ conditions }, intensity) {
      conditions.naive = true;
      conditions.explore = 0.01 + 0.02 * (1 - intensity);
      return [];
    },
  },
};

function trains(world, kind) {
  world.trainer.inject({ kind });
  return [];
}

/** So that each type gets about as many cases, whatever the number of its faults. */
export const BY_TYPE = Object.entries(FAULTS).reduce((types, [name, { type }]) => {
  types[type] = [...(types[type] ?? []), name];
  return types;
}, {});

export { CHANNELS };
