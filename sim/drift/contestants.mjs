// Detectors behind one face: make(reference) gives { push(value) } that answers true when it alarms.
// Ours runs as it is shipped: four replicas record, every 8 events their sketches are merged and the detector moves on.

const REPLICAS = 4;
const TICK = 8;

export function evenkeel(core, { falseAlarmEvery = 1_000_000, onEvent } = {}) {
  return (values) => {
    const reference = core.numericReference(values);
    const tables = core.driftTables(reference, { sequence: core.slotsOf(reference, values) });
    const detector = core.createDriftDetector(tables, { falseAlarmEvery });
    const replicas = Array.from({ length: REPLICAS }, () => core.createSketch(reference));
    const merged = core.createSketch(reference);
    let turn = 0;
    return {
      detector,
      push(value) {
        core.recordNumber(replicas[turn % REPLICAS], value);
        turn += 1;
        if (turn % TICK !== 0) return false;
        core.clearSketch(merged);
        for (const replica of replicas) {
          core.mergeInto(merged, replica);
          core.clearSketch(replica);
        }
        const event = detector.advance(merged);
        if (event !== undefined) onEvent?.(event);
        return event?.type === 'alarm';
      },
    };
  };
}

// ADWIN (Bifet and Gavaldà 2007): an exponential histogram of the window; the window is cut where the means of
// its two parts differ by more than a bound. Defaults as commonly shipped: delta 0.002, a check every 32 values, five buckets a row.
export function adwin({ delta = 0.002, clock = 32, bucketsPerRow = 5, least = 5, smallestWindow = 10 } = {}) {
  return (values) => {
    const detector = new AdaptiveWindow(delta, clock, bucketsPerRow, least, smallestWindow);
    for (const value of values) detector.push(value); // warmed on the reference
    return detector;
  };
}

class AdaptiveWindow {
  constructor(delta, clock, bucketsPerRow, least, smallestWindow) {
    Object.assign(this, { delta, clock, bucketsPerRow, least, smallestWindow });
    this.rows = [[]]; // rows[k]: buckets of 2^k values, oldest first: [sum, sum of squares about the bucket's mean]
    this.width = 0;
    this.total = 0;
    this.squares = 0;
    this.seen = 0;
  }

  push(value) {
    this.seen += 1;
    if (this.width > 0) {
      const d = value - this.total / this.width;
      this.squares += (d * d * this.width) / (this.width + 1);
    }
    this.width += 1;
    this.total += value;
    this.rows[0].push([value, 0]);
    for (let k = 0; k < this.rows.length && this.rows[k].length > this.bucketsPerRow; k += 1) {
      const [a, b] = this.rows[k].splice(0, 2);
      const size = 2 ** k;
      const d = a[0] / size - b[0] / size;
      if (this.rows.length === k + 1) this.rows.push([]);
      this.rows[k + 1].push([a[0] + b[0], a[1] + b[1] + (d * d * size) / 2]);
    }
    if (this.seen % this.clock !== 0 || this.width <= this.smallestWindow) return false;
    let changed = false;
    while (this.cutIsDue()) {
      changed = true;
      this.dropOldest();
    }
    return changed;
  }

  cutIsDue() {
    let n0 = 0;
    let sum0 = 0;
    const variance = this.squares / this.width;
    const log = Math.log((2 * Math.log(this.width)) / this.delta);
    for (let k = this.rows.length - 1; k >= 0; k -= 1) {
      for (const [sum] of this.rows[k]) {
        n0 += 2 ** k;
        sum0 += sum;
        const n1 = this.width - n0;
        if (n1 < this.least) return false;
        if (n0 < this.least) continue;
        const m = 1 / (n0 - this.least + 1) + 1 / (n1 - this.least + 1);
        const bound = Math.sqrt(2 * m * variance * log) + (2 / 3) * m * log;
        if (Math.abs(sum0 / n0 - (this.total - sum0) / n1) > bound) return true;
      }
    }
    return false;
  }

  dropOldest() {
    const k = this.rows.length - 1;
    const [sum, squares] = this.rows[k].shift();
    const size = 2 ** k;
    this.width -= size;
    this.total -= sum;
    if (this.width > 0) {
      const d = sum / size - this.total / this.width;
      this.squares -= squares + (d * d * size * this.width) / (size + this.width);
    }
    while (this.rows.length > 1 && this.rows[this.rows.length - 1].length === 0) this.rows.pop();
  }
}

// The population stability index of one window after another against ten bins of the reference, with a fixed limit.
export function fixedStabilityIndex(core, { window = 100, limit = 0.1, bins = 10 } = {}) {
  return (values) => {
    const edges = core.binEdges(values, bins, 'quantile');
    const at = (value) => {
      let bin = 0;
      while (bin < edges.length && edges[bin] <= value) bin += 1;
      return bin;
    };
    const reference = new Float64Array(edges.length + 1);
    for (const value of values) reference[at(value)] += 1;
    const current = new Float64Array(edges.length + 1);
    let n = 0;
    return {
      push(value) {
        current[at(value)] += 1;
        n += 1;
        if (n < window) return false;
        const { raw } = core.stabilityIndex(reference, current, { rule: 'replace', epsilon: 1e-4 });
        current.fill(0);
        n = 0;
        return raw > limit;
      },
    };
  };
}
