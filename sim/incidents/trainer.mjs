// A small trainer under supervision: softmax regression by stochastic gradient descent, with checkpoints, a validation gate and retries.
// What goes wrong is done to its data, its code or its disk; what it tells is what a supervisor would record.

const CLASSES = 3;
const FEATURES = 6;
const STEPS = 150;
const RETRIES = 2;
const HUNG_MS = 300_000;

export function createTrainer({ random, clock, tell }) {
  const truth = Array.from({ length: CLASSES * FEATURES }, () => 2 * random() - 1);
  let run;
  let runs = 0;
  let fault;

  const sample = () => {
    const x = Array.from({ length: FEATURES }, () => 2 * random() - 1);
    let best = 0;
    let high = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < CLASSES; c++) {
      let s = 0.2 * (random() - 0.5);
      for (let j = 0; j < FEATURES; j++) s += truth[c * FEATURES + j] * x[j];
      if (s > high) {
        high = s;
        best = c;
      }
    }
    return { x, y: best };
  };
  const scores = (w, x) => {
    const s = new Array(CLASSES).fill(0);
    for (let c = 0; c < CLASSES; c++) for (let j = 0; j < FEATURES; j++) s[c] += w[c * FEATURES + j] * x[j];
    return s;
  };

  function start() {
    runs += 1;
    run = {
      id: `run-${runs}`,
      step: 0,
      w: new Array(CLASSES * FEATURES).fill(0),
      retries: 0,
      checkpoints: [],
      beat: clock.now(),
    };
  }

  const report = (trouble, final, text) =>
    tell({ run: run.id, model: 'recommender', at: clock.wall(), trouble, final, text });

  /** Ends a life of the run: again from the last checkpoint that verifies, or never again. */
  function fall(trouble, text) {
    const valid = run.checkpoints.findLast((c) => c.sum === c.w.reduce((a, b) => a + b, 0));
    if (run.checkpoints.length > 0 && valid === undefined) {
      report('bad_checkpoint', true, 'none of its checkpoints verifies');
      run = undefined;
      return;
    }
    run.retries += 1;
    if (run.retries > RETRIES) {
      report(trouble, true, `${text}; ${RETRIES} retries did not help`);
      run = undefined;
      return;
    }
    report(trouble, false, text);
    run.step = valid?.step ?? 0;
    run.w = [...(valid?.w ?? new Array(CLASSES * FEATURES).fill(0))];
    run.beat = clock.now();
  }

  function step() {
    if (fault?.kind === 'hang' && run.step >= 40) return;
    if (fault?.kind === 'oom' && run.step === 60) throw new Error('out of memory');
    const rate = fault?.kind === 'rate' ? 1e308 : 0.1;
    const { x, y } = sample();
    if (fault?.kind === 'poison' && run.step % 50 === 49) x[2] = Number.NaN;
    const target = fault?.kind === 'labels' ? Math.floor(random() * CLASSES) : y;
    const s = scores(run.w, x);
    const top = Math.max(...s);
    const e = s.map((v) => Math.exp(v - top));
    const sum = e.reduce((a, b) => a + b, 0);
    let norm = 0;
    for (let c = 0; c < CLASSES; c++) {
      const g = e[c] / sum - (c === target ? 1 : 0);
      for (let j = 0; j < FEATURES; j++) {
        run.w[c * FEATURES + j] -= rate * g * x[j];
        norm += (g * x[j]) ** 2;
      }
    }
    run.step += 1;
    run.beat = clock.now();
    if (!Number.isFinite(norm) || run.w.some((v) => !Number.isFinite(v))) {
      fall('diverged', `the gradient is not finite at step ${run.step}`);
      return;
    }
    if (run.step % 30 === 0) {
      const w = [...run.w];
      const sum_ = w.reduce((a, b) => a + b, 0);
      // A torn write: the manifest is there, half of the weights are not.
      run.checkpoints.push({
        step: run.step,
        sum: sum_,
        w: fault?.kind === 'torn' ? w.map((v, i) => (i > 8 ? 0 : v)) : w,
      });
      if (fault?.kind === 'torn' && run.step >= 90) throw new Error('the node was preempted');
    }
  }

  function finish() {
    let right = 0;
    for (let i = 0; i < 200; i++) {
      const { x, y } = sample();
      const s = scores(run.w, x);
      if (s.indexOf(Math.max(...s)) === y) right += 1;
    }
    if (right < 120) report('gate_failed', true, `accuracy ${right / 200} is under the gate of 0.6`);
    run = undefined;
  }

  return {
    start,
    running: () => run !== undefined,
    inject(next) {
      fault = next;
      if (run === undefined && next !== undefined) start();
    },
    /** Some steps of whatever runs. */
    work(steps) {
      for (let i = 0; i < steps && run !== undefined; i++) {
        try {
          step();
        } catch (error) {
          fall('crash', error.message);
        }
        if (run !== undefined && run.step >= STEPS) finish();
      }
      if (run !== undefined && clock.now() - run.beat > HUNG_MS) fall('hung', 'no step for five minutes');
    },
  };
}
