const DAY = 86_400_000;

/** Names from a list with commas or lines. */
export function peopleIn(text: string): readonly string[] {
  return text
    .split(/[\n,]/)
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Minutes since midnight of "09:00"; undefined for what is no time. */
export function minutesOf(text: string): number | undefined {
  const [, hours, minutes] = /^(\d{2}):(\d{2})$/.exec(text) ?? [];
  if (hours === undefined || minutes === undefined) return undefined;
  const found = 60 * Number(hours) + Number(minutes);
  return Number(hours) < 24 && Number(minutes) < 60 ? found : undefined;
}

/** The day of the first turn, so that turns of a week change on Mondays and somebody is on call at once. */
export function firstDay(now: number, turnDays: number): number {
  const today = Math.floor(now / DAY);
  if (turnDays % 7 !== 0) return today - 1;
  // 1970-01-01 was a Thursday.
  const sinceMonday = (today + 3) % 7;
  return today - sinceMonday - 7;
}
