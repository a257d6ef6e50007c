// A seasonal baseline over ordinary weeks, and over a week with a change, in the form that ships: replicas record, the board hears of them every hour.

const HOUR = 3_600_000;
/** A Monday, midnight UTC. */
const MONDAY = 1_704_067_200_000;

const levelAt = (at) => {
  const day = Math.floor((at - MONDAY) / (24 * HOUR)) % 7;
  const hour = Math.floor((at - MONDAY) / HOUR) % 24;
  return day >= 5 ? -2 : Math.sin((hour / 24) * 2 * Math.PI);
};

/** @param perHour events of an hour, over two replicas */
export function weeks(core, { runs, seed, perHour = 120, quiet = 8, shift = 0.8 }) {
  const definition = core.defineMonitor({
    name: 'amount',
    role: 'input',
    kind: 'numeric',
    learn: { values: 1000, forMs: 168 * HOUR },
    baseline: { kind: 'seasonal', weeks: 4 },
  });
  let alarms = 0;
  let events = 0;
  const hours = [];
  for (let run = 0; run < runs; run += 1) {
    const random = core.seededRandom(seed + run);
    const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const board = core.createMonitorBoard([definition]);
    const replicas = [0, 1].map(() => core.createMonitor(definition, { value: (value) => value }));
    const hear = (at, by) => {
      for (let i = 0; i < perHour; i += 1) replicas[i % 2].observe(gaussian() + levelAt(at) + by);
      const deltas = replicas.map((replica) => ({ amount: replica.take() }));
      const seen = board.apply(JSON.parse(JSON.stringify(deltas)), at + HOUR);
      if (seen.some((event) => event.type === 'baseline')) {
        const [{ reference }] = board.references();
        for (const replica of replicas) replica.useBaseline('', core.loadReference(reference));
      }
      return seen.some((event) => event.type === 'alert');
    };
    let at = MONDAY;
    for (let h = 0; h < 168 * quiet; h += 1, at += HOUR) if (hear(at, 0)) alarms += 1;
    events += 168 * quiet * perHour;
    if (board.reports(at)[0].status === 'likely_violated') continue;
    let found = Number.POSITIVE_INFINITY;
    for (let h = 0; h < 168 && found === Number.POSITIVE_INFINITY; h += 1, at += HOUR)
      if (hear(at, shift)) found = h + 1;
    hours.push(found);
  }
  hours.sort((a, b) => a - b);
  return {
    alarms,
    events,
    per100k: (alarms / events) * 1e5,
    shift,
    medianHours: hours[Math.floor(hours.length / 2)],
    slowestHours: hours.at(-1),
    runs,
    seeds: [seed, seed + runs - 1],
  };
}
