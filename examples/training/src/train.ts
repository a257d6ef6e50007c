// A small network on typed arrays that can be killed at any moment: resumed, it ends byte for byte as if it never had been.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { checkpoint, emit, orders, skips, stopping } from './client.ts';

const settings = {
  steps: 400,
  seed: 7,
  batch: 32,
  hidden: 24,
  stepMs: 0,
  ...JSON.parse(process.argv[2] ?? '{}'),
};
const { steps, seed, batch, hidden } = settings;

/** xorshift32: its whole state is one number, which goes into the checkpoint. */
const rng = { state: seed * 2_654_435_761 || 1 };
function uniform(): number {
  let x = rng.state | 0;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  rng.state = x;
  return (x >>> 0) / 4_294_967_296;
}
const gaussian = (): number => Math.sqrt(-2 * Math.log(uniform() || 0.5)) * Math.cos(2 * Math.PI * uniform());

function rings(n: number): { x: Float64Array; y: Float64Array } {
  const x = new Float64Array(2 * n);
  const y = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    y[i] = uniform() < 0.5 ? 0 : 1;
    const angle = 2 * Math.PI * uniform();
    const radius = 1 + (y[i] ?? 0) + 0.25 * gaussian();
    x[2 * i] = radius * Math.cos(angle);
    x[2 * i + 1] = radius * Math.sin(angle);
  }
  return { x, y };
}
const data = rings(2_048);
const held = rings(2_000);

// w1 (2 × hidden), b1, w2, b2 in one array, their momentum in another, then the order of the rows.
const size = 4 * hidden + 1;
const weights = Float64Array.from({ length: size }, (_, i) =>
  i < 2 * hidden || (i >= 3 * hidden && i < 4 * hidden) ? 0.5 * gaussian() : 0,
);
const momentum = new Float64Array(size);
const order = Int32Array.from({ length: 2_048 }, (_, i) => i);
let step = 0;

if (orders.resume !== null) {
  const bytes = readFileSync(join(orders.resume.path, 'state.bin'));
  weights.forEach((_, i) => {
    weights[i] = bytes.readDoubleLE(8 * i);
    momentum[i] = bytes.readDoubleLE(8 * (size + i));
  });
  order.forEach((_, i) => {
    order[i] = bytes.readInt32LE(16 * size + 4 * i);
  });
  ({ step, rng: rng.state } = JSON.parse(readFileSync(join(orders.resume.path, 'position.json'), 'utf8')));
}

function save(dir: string): void {
  const bytes = Buffer.alloc(16 * size + 4 * order.length);
  weights.forEach((value, i) => bytes.writeDoubleLE(value, 8 * i));
  momentum.forEach((value, i) => bytes.writeDoubleLE(value, 8 * (size + i)));
  order.forEach((value, i) => bytes.writeInt32LE(value, 16 * size + 4 * i));
  writeFileSync(join(dir, 'state.bin'), bytes);
  writeFileSync(join(dir, 'position.json'), JSON.stringify({ step, rng: rng.state }));
}

const at = (array: Float64Array, i: number): number => array[i] ?? 0;
const activations = new Float64Array(hidden);

function forward(x0: number, x1: number, keep: () => boolean): number {
  let sum = at(weights, 4 * hidden);
  for (let h = 0; h < hidden; h++) {
    const a = Math.tanh(x0 * at(weights, h) + x1 * at(weights, hidden + h) + at(weights, 2 * hidden + h));
    activations[h] = keep() ? a : 0;
    sum += at(activations, h) * at(weights, 3 * hidden + h);
  }
  return 1 / (1 + Math.exp(-sum));
}

function validate(): void {
  let right = 0;
  held.y.forEach((y, i) => {
    if (forward(at(held.x, 2 * i), at(held.x, 2 * i + 1), () => true) > 0.5 === y > 0.5) right++;
  });
  emit({ t: 'validation', step, metrics: { accuracy: { value: right / held.y.length, n: held.y.length } } });
}

function train(from: number): { loss: number; gnorm: number } {
  const gradient = new Float64Array(size);
  let loss = 0;
  for (let b = 0; b < batch; b++) {
    const row = order[from + b] ?? 0;
    const x0 = at(data.x, 2 * row);
    const x1 = at(data.x, 2 * row + 1);
    const p = forward(x0, x1, () => uniform() > 0.1);
    const y = at(data.y, row);
    loss -= Math.log(Math.max(1e-12, y > 0.5 ? p : 1 - p)) / batch;
    const error = (p - y) / batch;
    gradient[4 * hidden] = at(gradient, 4 * hidden) + error;
    for (let h = 0; h < hidden; h++) {
      const a = at(activations, h);
      gradient[3 * hidden + h] = at(gradient, 3 * hidden + h) + error * a;
      if (a === 0) continue;
      const back = error * at(weights, 3 * hidden + h) * (1 - a * a);
      gradient[h] = at(gradient, h) + back * x0;
      gradient[hidden + h] = at(gradient, hidden + h) + back * x1;
      gradient[2 * hidden + h] = at(gradient, 2 * hidden + h) + back;
    }
  }
  // The schedule follows the step.
  const rate = 0.25 * (1 + Math.cos((Math.PI * step) / steps));
  let squares = 0;
  for (let i = 0; i < size; i++) {
    squares += at(gradient, i) ** 2;
    momentum[i] = 0.9 * at(momentum, i) + at(gradient, i);
    weights[i] = at(weights, i) - rate * at(momentum, i);
  }
  return { loss, gnorm: Math.sqrt(squares) };
}

emit({ t: 'start', step, totalSteps: steps, pid: process.pid });
if (orders.validateFirst) validate();
const perEpoch = Math.floor(order.length / batch);
while (step < steps && !stopping.signal.aborted) {
  if (step % perEpoch === 0) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(uniform() * (i + 1));
      const kept = order[i] ?? 0;
      order[i] = order[j] ?? 0;
      order[j] = kept;
    }
  }
  if (!skips(step)) {
    emit({ t: 'step', step, ...train((step % perEpoch) * batch) });
    // Lets signals in.
    await (settings.stepMs > 0 ? setTimeout(settings.stepMs) : setImmediate());
  }
  step += 1;
  if (step % orders.checkpointEvery === 0) {
    checkpoint(step, save);
    const number = step / orders.checkpointEvery;
    if (orders.validateEvery > 0 && number % orders.validateEvery === 0 && step < steps) validate();
  }
}
checkpoint(step, save);
if (step < steps) {
  emit({ t: 'stopped', step });
  process.exit(143);
}
validate();
emit({ t: 'done', step });
process.exit(0);
