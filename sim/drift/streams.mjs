// Sources of values. make(random) gives a function that draws the next one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function gaussian(random) {
  let spare;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    let u = 0;
    while (u === 0) u = random();
    const radius = Math.sqrt(-2 * Math.log(u));
    const angle = 2 * Math.PI * random();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

export const normal = (random) => gaussian(random);

export const lognormal = (random) => {
  const next = gaussian(random);
  return () => Math.exp(next());
};

/** First-order autoregression with variance 1. */
export const autoregressive = (rho) => (random) => {
  const next = gaussian(random);
  const noise = Math.sqrt(1 - rho * rho);
  let x = next();
  return () => {
    x = rho * x + noise * next();
    return x;
  };
};

/**
 * Token counts of the Azure LLM inference trace 2023 (conversation and code), drawn with replacement.
 * Rows are split by the parity of their place: odd rows were used for choosing the detector's constants, even rows are for reporting.
 */
export function azure(dir, parity) {
  const read = (name) => {
    const lines = readFileSync(join(dir, 'traffic/azure-llm-2023', name), 'utf8')
      .trim()
      .split(/\r?\n/);
    const rows = lines.slice(1).map((line) => line.split(',').slice(1).map(Number));
    return rows.filter((_, index) => index % 2 === parity);
  };
  const conversation = read('AzureLLMInferenceTrace_conv.csv');
  const code = read('AzureLLMInferenceTrace_code.csv');
  const column = (index) => {
    const usual = conversation.map((row) => row[index]);
    const other = code.map((row) => row[index]);
    return {
      make: (random) => () => usual[Math.floor(random() * usual.length)],
      mix: (share) => (value, random) =>
        random() < share ? other[Math.floor(random() * other.length)] : value,
    };
  };
  return { ContextTokens: column(0), GeneratedTokens: column(1) };
}
