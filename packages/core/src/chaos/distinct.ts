import { hash32 } from '../kernel/hash.ts';

/**
 * How many different names were seen, in bounded memory: HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) with linear
 * counting while few were. 4,096 registers: a standard error of 1.6 %. Counts over replicas merge.
 */
export interface Distinct {
  add(name: string): void;
  /** Rounded to a whole number. */
  count(): number;
  /** The registers, to send and to merge. */
  registers(): Uint8Array;
}

const BITS = 12;
const REGISTERS = 1 << BITS;
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS);

export function distinct(): Distinct {
  const registers = new Uint8Array(REGISTERS);
  return {
    add(name) {
      const h = hash32(name, 0x5bd1e995);
      const index = h >>> (32 - BITS);
      const rank = Math.min(Math.clz32(h << BITS) + 1, 32 - BITS + 1);
      if ((registers[index] ?? 0) < rank) registers[index] = rank;
    },
    count: () => countDistinct(registers),
    registers: () => registers,
  };
}

/** The estimate of merged or received registers. */
export function countDistinct(registers: Uint8Array): number {
  let sum = 0;
  let empty = 0;
  for (const register of registers) {
    sum += 2 ** -register;
    if (register === 0) empty += 1;
  }
  const raw = (ALPHA * REGISTERS * REGISTERS) / sum;
  if (raw <= 2.5 * REGISTERS && empty > 0) return Math.round(REGISTERS * Math.log(REGISTERS / empty));
  return Math.round(raw);
}

/** Names seen by either. @throws RangeError when the registers are not of the same count */
export function mergeDistinct(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length !== b.length) throw new RangeError(`${a.length} registers do not merge with ${b.length}`);
  return a.map((register, i) => Math.max(register, b[i] ?? 0));
}
