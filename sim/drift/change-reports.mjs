import { evenkeel } from './contestants.mjs';
import { normal } from './streams.mjs';

// Whether the interval of the change point holds the truth, how many alarms one lasting change makes, and whether its end is seen.
export function changeReports(core, { repeats, seed }) {
  const figures = [];
  const cases = [
    ['+0.25 sd', (value) => value + 0.25],
    ['+0.5 sd', (value) => value + 0.5],
    ['+1 sd', (value) => value + 1],
    ['sd × 1.5', (value) => value * 1.5],
  ];
  for (const [index, [change, apply]] of cases.entries()) {
    let inside = 0;
    let found = 0;
    let errors = 0;
    let alarms = 0;
    let recovered = 0;
    let widths = 0;
    for (let r = 0; r < repeats; r += 1) {
      const next = normal(core.seededRandom(seed + index * 1000 + r));
      const events = [];
      const make = evenkeel(core, { onEvent: (event) => events.push(event) });
      const detector = make(Array.from({ length: 10_000 }, next));
      const quiet = 2000;
      const lasting = 20_000;
      for (let i = 0; i < quiet; i += 1) detector.push(next());
      if (events.some((event) => event.type === 'alarm')) continue;
      events.length = 0;
      for (let i = 0; i < lasting; i += 1) detector.push(apply(next()));
      const seen = events.filter((event) => event.type === 'alarm');
      alarms += seen.length;
      const [first] = seen;
      if (first !== undefined) {
        found += 1;
        const truth = first.events - quiet;
        const { earliest, latest, eventsAgo } = first.finding.change;
        if (truth <= earliest && truth >= latest) inside += 1;
        errors += Math.abs(eventsAgo - truth);
        widths += earliest - latest;
      }
      events.length = 0;
      for (let i = 0; i < 8000; i += 1) detector.push(next());
      if (events.at(-1)?.type === 'recovered') recovered += 1;
    }
    figures.push({
      change,
      repeats,
      found,
      alarmsPerChange: alarms / Math.max(1, found),
      coverage: inside / Math.max(1, found),
      meanError: errors / Math.max(1, found),
      meanWidth: widths / Math.max(1, found),
      recovered: recovered / Math.max(1, found),
    });
  }
  const lines = figures.map(
    (f) =>
      `| ${f.change} | ${(100 * f.coverage).toFixed(0)} % | ${f.meanWidth.toFixed(0)} | ${f.meanError.toFixed(0)} | ${f.alarmsPerChange.toFixed(2)} | ${(100 * f.recovered).toFixed(0)} % |`,
  );
  const text = [
    `Normal stream, reference of 10,000, a change that lasts 20,000 events and then ends; ${repeats} runs each.`,
    '',
    '| change | 90 % interval holds its beginning | width, events | mean error, events | alarms for one change | end seen within 8,000 events |',
    '|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
  return { figures, text };
}
