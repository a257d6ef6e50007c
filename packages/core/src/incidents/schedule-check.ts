import { isTimeZone, localTime } from '../objectives/time-zone.ts';
import { type Schedule, shiftsOf } from './schedule.ts';
import { pad, spell } from './stamp.ts';

export interface ScheduleProblem {
  /** `error`: it cannot be used; `warning`: it can, and somebody should know. */
  readonly severity: 'error' | 'warning';
  readonly text: string;
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
/** Gaps listed before the rest is only counted. */
const MOST_GAPS = 10;

/** An instant as it reads on the schedule's own clock: Tue 2026-11-24 09:00. */
export function localWords(at: number, timeZone: string): string {
  const t = localTime(at, timeZone);
  return `${WEEKDAYS[t.weekday - 1]} ${t.year}-${pad(t.month)}-${pad(t.day)} ${pad(t.hour)}:${pad(t.minute)}`;
}

/**
 * What is wrong with a schedule: what cannot work, hours in which nobody is on call (named, over the weeks asked for), overrides that
 * overlap or never come into force.
 */
export function checkSchedule(schedule: Schedule, from: number, weeks = 6): readonly ScheduleProblem[] {
  const problems: ScheduleProblem[] = [];
  const error = (text: string): void => {
    problems.push({ severity: 'error', text });
  };
  const warning = (text: string): void => {
    problems.push({ severity: 'warning', text });
  };
  if (!isTimeZone(schedule.timeZone)) {
    error(`${schedule.timeZone} is no time zone: use a name like Europe/Berlin`);
    return problems;
  }
  if (schedule.layers.length === 0) error('it has no layer: nobody is ever on call');
  for (const layer of schedule.layers) {
    if (layer.people.length === 0) error(`layer ${layer.name} has nobody in it`);
    if (!Number.isInteger(layer.turnDays) || layer.turnDays < 1)
      error(`layer ${layer.name}: a turn lasts a whole number of days from 1, not ${layer.turnDays}`);
    if (!(layer.handOver >= 0 && layer.handOver < 1440))
      error(`layer ${layer.name}: the hand-over is a time of day`);
    for (const hours of layer.hours) {
      if (hours.weekdays.length === 0 || hours.weekdays.some((day) => !(day >= 1 && day <= 7)))
        error(`layer ${layer.name}: weekdays are 1 (Monday) to 7 (Sunday), at least one`);
      if (!(hours.from >= 0 && hours.from < 1440 && hours.to > 0 && hours.to <= 1440))
        error(`layer ${layer.name}: hours begin at 00:00 to 23:59 and end at 00:01 to 24:00`);
    }
  }
  schedule.overrides.forEach((override, i) => {
    if (!(override.to > override.from)) error(`override ${override.id} ends before it begins`);
    for (const later of schedule.overrides.slice(i + 1)) {
      const begin = Math.max(override.from, later.from);
      const end = Math.min(override.to, later.to);
      if (begin < end)
        warning(
          `overrides ${override.id} and ${later.id} overlap from ${localWords(begin, schedule.timeZone)} for ${spell(end - begin)}: ${later.person} is on call then`,
        );
    }
  });
  if (problems.some(({ severity }) => severity === 'error')) return problems;

  const gaps = shiftsOf(schedule, from, from + weeks * 7 * 86_400_000).filter(
    ({ onCall }) => onCall === undefined,
  );
  for (const gap of gaps.slice(0, MOST_GAPS)) {
    warning(
      `nobody is on call from ${localWords(gap.from, schedule.timeZone)} to ${localWords(gap.to, schedule.timeZone)} (${spell(gap.to - gap.from)})`,
    );
  }
  if (gaps.length > MOST_GAPS) {
    const rest = gaps.slice(MOST_GAPS).reduce((sum, gap) => sum + gap.to - gap.from, 0);
    warning(`and ${gaps.length - MOST_GAPS} more gaps within ${weeks} weeks, ${spell(rest)} in all`);
  }
  return problems;
}
