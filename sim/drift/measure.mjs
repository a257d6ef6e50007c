// The two figures of a detector: how often it cries wolf, and how long it needs when there is one.

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Alarms per 100,000 events without any change. An alarm does not end the stream; the detector goes on as it would. */
export function falseAlarms(random, make, contestant, { reference, streams, length, seed }) {
  let alarms = 0;
  let streamsWith = 0;
  for (let s = 0; s < streams; s += 1) {
    const next = make(random(seed + s));
    const detector = contestant(Array.from({ length: reference }, next));
    const before = alarms;
    for (let i = 0; i < length; i += 1) if (detector.push(next())) alarms += 1;
    if (alarms > before) streamsWith += 1;
  }
  return {
    alarms,
    events: streams * length,
    per100k: (alarms / (streams * length)) * 1e5,
    streams,
    streamsWith,
    seeds: [seed, seed + streams - 1],
  };
}

/** Events from a change after `quiet` events to the first alarm. A run with an alarm before the change does not count and is reported. */
export function delays(
  random,
  make,
  change,
  contestant,
  { reference, repeats, quiet = 2000, longest = 20_000, seed },
) {
  const found = [];
  let early = 0;
  let missed = 0;
  for (let r = 0; r < repeats; r += 1) {
    const source = random(seed + r);
    const next = make(source);
    const detector = contestant(Array.from({ length: reference }, next));
    let result;
    for (let i = 0; i < quiet + longest && result === undefined; i += 1) {
      const value = i < quiet ? next() : change(next(), source);
      if (detector.push(value)) result = i + 1;
    }
    if (result === undefined) {
      missed += 1;
      found.push(Number.POSITIVE_INFINITY);
    } else if (result <= quiet) early += 1;
    else found.push(result - quiet);
  }
  const sorted = [...found].sort((a, b) => a - b);
  return {
    median: found.length === 0 ? Number.NaN : median(found),
    p90: found.length === 0 ? Number.NaN : sorted[Math.floor(0.9 * (sorted.length - 1))],
    missed,
    early,
    repeats,
    seeds: [seed, seed + repeats - 1],
  };
}
