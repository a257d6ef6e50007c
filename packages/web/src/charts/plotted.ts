/** A line of a chart: one value for each time; null where there is none. */
export interface Line {
  readonly label: string;
  readonly values: readonly (number | null)[];
  readonly tone: 'accent' | 'bad' | 'good' | 'quiet';
  readonly shape: 'line' | 'area' | 'steps' | 'bars';
}

/** Something that happened at a time: a change, an alert, an incident, time that does not count. */
export interface Marker {
  readonly at: number;
  /** For a stretch: its end. */
  readonly until?: number | undefined;
  readonly text: string;
  readonly kind: 'change' | 'alert' | 'incident' | 'exclusion';
  readonly href?: string | undefined;
}

/** All that a chart shows; also what its table and its exports are made from. */
export interface Plotted {
  readonly title: string;
  /** Wall milliseconds, ascending. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly unit: 'share' | 'count' | 'factor' | 'ms';
  readonly markers: readonly Marker[];
  /** What the time axis shows, where that is more than there are figures for. */
  readonly span?: { readonly from: number; readonly to: number };
}
