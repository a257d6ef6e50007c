import { describe, expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import { numericReference } from './bins.ts';
import { createDriftDetector } from './drift-detector.ts';
import { driftTables } from './drift-tables.ts';
import { clearSketch, createSketch, recordValue } from './histogram-sketch.ts';
import { normalQuantile } from './special-functions.ts';
import {
  alarmBudget,
  describeMovement,
  type MonitorRole,
  type NamedMonitor,
  whatMoved,
} from './what-moved.ts';

const random = seededRandom(12);
const gaussian = (): number => normalQuantile(random() || 0.5);
const reference = numericReference(Array.from({ length: 5000 }, gaussian));
const tables = driftTables(reference);

function monitor(name: string, role: MonitorRole, next: () => unknown, segment?: string): NamedMonitor {
  const detector = createDriftDetector(tables, { falseAlarmEvery: alarmBudget(1_000_000, 4) });
  const sketch = createSketch(reference);
  for (let i = 0; i < 500; i++) {
    clearSketch(sketch);
    for (let j = 0; j < 8; j++) recordValue(sketch, i < 250 ? gaussian() : next());
    if (detector.advance(sketch)?.type === 'alarm') break;
  }
  return segment === undefined ? { name, role, detector } : { name, role, detector, segment };
}

describe('whatMoved', () => {
  const monitors = [
    monitor('age', 'input', gaussian),
    monitor('amount', 'input', () => gaussian() + 1, 'mobile'),
    monitor('length', 'input', () => null),
    monitor('score', 'prediction', () => gaussian() - 0.5),
  ];

  it('ranks what moved, says by how much and since when, and leaves out what did not', () => {
    const moved = whatMoved(monitors);
    expect(moved.map(({ name }) => name)).not.toContain('age');
    expect(moved).toHaveLength(3);
    expect(moved.every(({ level }) => level === 'drifted')).toBe(true);
    const amount = moved.find(({ name }) => name === 'amount');
    expect(amount?.summary).toMatch(/^amount \(mobile\): higher by about 1 standard deviations.*events ago$/);
    expect(moved.find(({ name }) => name === 'length')?.summary).toContain('without a value');
    expect(moved.find(({ name }) => name === 'score')?.summary).toContain('lower');
    const sure = moved.map(({ onceIn }) => onceIn);
    expect(sure).toEqual([...sure].sort((a, b) => b - a));
    expect(Math.min(...sure)).toBeGreaterThanOrEqual(1_000_000);
    for (const { distance } of moved) expect(distance).toBeGreaterThan(0.02);
  });

  it('holds inputs, predictions and confidence apart', () => {
    expect(whatMoved(monitors, 'prediction').map(({ name }) => name)).toEqual(['score']);
    expect(whatMoved(monitors, 'confidence')).toEqual([]);
  });

  it('gives one budget to all', () => {
    expect(alarmBudget(1_000_000, 20)).toBe(20_000_000);
    expect(() => alarmBudget(0, 1)).toThrow(/alarm budget/);
    expect(() => alarmBudget(Number.NaN, 1)).toThrow(/alarm budget/);
  });

  it('has words for every movement', () => {
    expect(tables.movements.map(describeMovement).every((words) => words.length > 5)).toBe(true);
    expect(describeMovement({ kind: 'slot', slot: 'red', share: 0.1 })).toBe('about 10 % more events of red');
  });
});
