import type { CheckResult } from './expectations.ts';
import type { Activity, Experiment } from './experiment.ts';
import { recommendation } from './recommendation.ts';
import {
  type ActivityRun,
  type Injection,
  type JournalEntry,
  NEVER,
  type Phase,
  type RunClock,
  type RunEffect,
  type RunState,
  type RunStatus,
  type RunStep,
} from './run-state.ts';

/** Entries kept: the first half as they were, then the newest. */
const JOURNAL = 1_000;
/** The two clocks disagreeing by more than this between two steps is worth a line. */
const JUMP_MS = 5_000;
/** A gap between two lives of a process counts for at most this. */
const LONGEST_GAP_MS = 7 * 86_400_000;

/** One step of a run while it is being decided. */
export class RunDraft {
  state: RunState;
  readonly effects: RunEffect[] = [];
  readonly reasons: string[] = [];
  readonly experiment: Experiment;
  private readonly wall: number;

  constructor(experiment: Experiment, state: RunState, now: RunClock) {
    this.experiment = experiment;
    this.wall = now.wall;
    const { clock } = state;
    const wallMs = now.wall - clock.wall;
    const sameLife = now.boot === clock.boot;
    const passed = sameLife
      ? Math.max(0, now.mono - clock.mono)
      : Math.min(LONGEST_GAP_MS, Math.max(0, wallMs));
    this.state = { ...state, elapsedMs: state.elapsedMs + passed, clock: now };
    if (sameLife && Math.abs(wallMs - passed) > JUMP_MS)
      this.note(
        'the clock of the host was set',
        `by ${Math.round((wallMs - passed) / 1_000)} s; durations go by the one that cannot be set`,
      );
  }

  /** Milliseconds since the phase began. */
  get phaseMs(): number {
    return this.state.elapsedMs - this.state.phaseAt;
  }

  change(part: Partial<RunState>): void {
    this.state = { ...this.state, ...part };
  }

  note(what: string, reason: string): void {
    const entry: JournalEntry = {
      at: this.wall,
      elapsedMs: Math.round(this.state.elapsedMs),
      phase: this.state.phase,
      what,
      reason,
    };
    const { journal, dropped } = this.state;
    if (journal.length < JOURNAL) this.change({ journal: [...journal, entry] });
    else {
      const half = JOURNAL / 2;
      this.change({
        journal: [...journal.slice(0, half), ...journal.slice(half + 1), entry],
        dropped: dropped + 1,
      });
    }
    this.reasons.push(`${what}: ${reason}`);
  }

  enter(phase: Phase, reason: string): void {
    this.change({ phase, phaseAt: this.state.elapsedMs, askedAt: NEVER });
    this.note(phase, reason);
  }

  finish(status: RunStatus, reason: string, checks: readonly CheckResult[]): void {
    this.change({
      status,
      reason,
      checks,
      phase: 'done',
      phaseAt: this.state.elapsedMs,
      endedAt: this.wall,
      recommendation:
        status === 'aborted' || status === 'interrupted'
          ? `${this.state.ran ? 'It was stopped' : 'Nothing was tried'}: ${reason}.`
          : recommendation(this.experiment, checks),
    });
    this.note(status, reason);
    this.effects.push({ kind: 'finished', status, reason });
  }

  injection(directive: string, part: Partial<Injection>): void {
    this.change({
      injections: this.state.injections.map((one) =>
        one.directive === directive ? { ...one, ...part } : one,
      ),
    });
  }

  activity(key: string, part: Partial<ActivityRun>): void {
    this.change({
      activities: this.state.activities.map((one) => (one.key === key ? { ...one, ...part } : one)),
    });
  }

  /** Asks for an activity, once per key. */
  run(key: string, activity: Activity): ActivityRun {
    const known = this.state.activities.find((one) => one.key === key);
    if (known !== undefined && known.state !== 'waiting') return known;
    const fresh: ActivityRun = {
      key,
      activity,
      state: 'running',
      output: undefined,
      reason: '',
      startedAt: this.wall,
      endedAt: 0,
      turnAt: known?.turnAt ?? this.state.elapsedMs,
      doneAt: 0,
    };
    if (known === undefined) this.change({ activities: [...this.state.activities, fresh] });
    else this.activity(key, fresh);
    this.effects.push({ kind: 'run', key, activity });
    this.note(`${activity.type} ${activity.name}`, 'asked for');
    return fresh;
  }

  step(): RunStep {
    return { state: this.state, effects: this.effects, reasons: this.reasons };
  }
}
