// One series after the other, one configuration for all: are the last values together unlike what this series does? Not the drift detector, which compares
// traffic with a baseline: here values come one by one, hang together, and there is no baseline but the series itself.
// Two forecasts (the last values; the same time yesterday or last week) make errors; each is measured by the usual size of such errors, and what is beyond a reserve is summed up
// from its best place on (a cumulative sum, Page 1954).

/** The best of a grid on every other series; see nab.mjs. */
export const CONFIGURATION = {
  /** Days after which an error counts half in what is usual. */
  memoryDays: 7,
  /** Half-life, in values, of the mean that forecasts the next value. */
  fast: 1,
  /** Evidence, in nats, that makes an alarm. */
  limit: 60,
  /** Normal score that one value reaches at most: no single one is proof. */
  most: 5,
  /** Normal score above which a value adds evidence and below which it takes some away. */
  reserve: 2.8,
  /** Days of silence after an alarm. */
  quietDays: 3,
};

/** The best of the same grid on the other half: how much the choice of half matters. */
export const CHOSEN_ON_THE_OTHERS = {
  memoryDays: 7,
  fast: 1,
  limit: 40,
  most: 10,
  reserve: 1.8,
  quietDays: 2,
};

/** @param intervalMs between two values @returns indices of alarms */
export function alarmsOf(values, intervalMs, probation, configuration = CONFIGURATION) {
  const { memoryDays, fast, limit, most, reserve, quietDays } = configuration;
  const day = Math.max(4, Math.round(86_400_000 / intervalMs));
  const keep = 0.5 ** (1 / (memoryDays * day));
  const fastKeep = 0.5 ** (1 / fast);
  let level = values[0] ?? 0;
  const tracks = [0, 1].map(() => ({ n: 0, absolute: 0, weight: 0, square: 0, evidence: 0 }));
  const alarms = [];
  let silentUntil = 0;
  for (let i = 1; i < values.length; i += 1) {
    const value = values[i];
    const errors = [value - level, seasonalError(values, i, day)];
    level = fastKeep * level + (1 - fastKeep) * value;
    let alarm = false;
    tracks.forEach((track, which) => {
      const error = errors[which];
      if (error === undefined) return;
      if (track.n > 20) {
        const mean = track.absolute / track.weight;
        const sd = Math.sqrt(track.square / track.weight) + 1e-12;
        const usual = Math.max(mean * 1.25, sd * 0.6, 1e-9 * (1 + Math.abs(level)));
        const z = Math.min(most, Math.abs(error) / usual);
        track.evidence = Math.max(0, track.evidence + (z * z - reserve * reserve) / 2);
        if (track.evidence > limit && i >= probation && i >= silentUntil) alarm = true;
        // What is unlike the usual must not become usual at once.
        const weight = z >= most ? 0.1 : 1;
        add(track, error, keep, weight);
      } else add(track, error, keep, 1);
    });
    if (alarm) {
      alarms.push(i);
      silentUntil = i + quietDays * day;
      for (const track of tracks) track.evidence = 0;
    }
  }
  return alarms;
}

/** Against the same time yesterday or last week, whichever is nearer: a Monday is not a Sunday. */
function seasonalError(values, i, day) {
  if (i < day) return undefined;
  const yesterday = values[i] - values[i - day];
  if (i < 7 * day) return yesterday;
  const lastWeek = values[i] - values[i - 7 * day];
  return Math.abs(lastWeek) < Math.abs(yesterday) ? lastWeek : yesterday;
}

function add(track, error, keep, weight) {
  track.n += 1;
  track.absolute = track.absolute * keep + weight * Math.abs(error);
  track.square = track.square * keep + weight * error * error;
  track.weight = track.weight * keep + weight;
}
