import {
  decideEntry,
  initialLadder,
  type LadderState,
  observeProbe,
  type RungState,
  type StepUpOptions,
} from '../degradation/ladder.ts';
import type { Clock } from '../kernel/clock.ts';
import { type Listeners, listeners } from '../kernel/listeners.ts';
import type { Random } from '../kernel/random.ts';
import type { DirectiveBoard } from './directives.ts';
import type { Rung } from './rung.ts';

/** Whether a component that rungs depend on is healthy, and why not. */
export type ComponentState = (component: string) => { readonly up: boolean; readonly reason: string };

/** Tells that requests enter elsewhere from now on. */
export interface EntryEvent {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  /** Wall milliseconds. */
  readonly at: number;
}

/** Where one request enters. */
export interface Entrance {
  readonly index: number;
  readonly reason: string;
  /** True when the request probes a rung above the entry. */
  readonly probe: boolean;
}

export interface EntryControl {
  /** For one request; cheap. */
  enter(): Entrance;
  /** Result of a probing request at the rung it probed. */
  probed(rung: number, answered: boolean): void;
  /** Something that decides the entry has changed: decide again before the next request. */
  stale(): void;
  state(): LadderState;
  rungStates(): readonly RungState[];
  forbidden(): ReadonlyMap<string, string>;
  on: Listeners<EntryEvent>['on'];
}

/** The entry is decided anew at most this often while nothing reports a change, in milliseconds. */
const DECIDE_EVERY_MS = 50;
/** At low traffic a share of requests is too few: at least one probe in this many milliseconds. */
const PROBE_EVERY_MS = 500;

export function entryControl(
  rungs: readonly Rung[],
  components: ComponentState,
  board: DirectiveBoard,
  options: StepUpOptions,
  host: { clock: Clock; random: Random },
): EntryControl {
  const { clock, random } = host;
  const events = listeners<EntryEvent>();
  let state = initialLadder(options, clock.now());
  let decidedAt = Number.NEGATIVE_INFINITY;
  let revision = -1;
  let lastProbe = Number.NEGATIVE_INFINITY;
  let forbiddenNow: ReadonlyMap<string, string> = new Map();
  let normal: Entrance = { index: 0, reason: 'ok', probe: false };

  const nameOf = (index: number): string => rungs[index]?.name ?? 'failed';

  function rungState(rung: Rung): RungState {
    for (const dependency of rung.dependencies) {
      const component = components(dependency);
      if (!component.up) {
        return {
          name: rung.name,
          availability: 'down',
          reason: `${dependency} is down: ${component.reason}`,
        };
      }
    }
    const admits = rung.breaker?.admits() ?? 'yes';
    if (admits === 'yes') return { name: rung.name, availability: 'ready', reason: 'ok' };
    return {
      name: rung.name,
      availability: admits === 'probe' ? 'probe' : 'down',
      reason: `breaker: ${rung.breaker?.snapshot().reason ?? admits}`,
    };
  }

  function become(next: LadderState): void {
    if (next === state) return;
    const from = state.entry;
    state = next;
    normal = { index: next.entry, reason: next.reason, probe: false };
    if (from !== next.entry && events.size() > 0) {
      events.emit({ from: nameOf(from), to: nameOf(next.entry), reason: next.reason, at: clock.wall() });
    }
  }

  function decide(now: number): void {
    const directives = board.active();
    const forbidden = new Map<string, string>();
    let pin: { rung: string; owner: string; reason: string } | undefined;
    for (const { order, owner, reason } of directives) {
      if (order.kind === 'forbid' && !forbidden.has(order.rung)) {
        forbidden.set(order.rung, `forbidden by ${owner}: ${reason}`);
      } else if (order.kind === 'pin' && pin === undefined) {
        pin = { rung: order.rung, owner, reason };
      }
    }
    forbiddenNow = forbidden;
    revision = board.revision();
    decidedAt = now;
    become(decideEntry(state, { rungs: rungs.map(rungState), pin, forbidden }, options, now));
  }

  return {
    enter() {
      const now = clock.now();
      if (now - decidedAt >= DECIDE_EVERY_MS || board.revision() !== revision) decide(now);
      const probing = state.probing;
      if (probing !== undefined && (now - lastProbe >= PROBE_EVERY_MS || random() < options.share)) {
        lastProbe = now;
        return { index: probing.rung, reason: `probing ${nameOf(probing.rung)}`, probe: true };
      }
      return normal;
    },
    probed(rung, answered) {
      become(observeProbe(state, rung, answered, options, clock.now()));
      decidedAt = Number.NEGATIVE_INFINITY;
    },
    stale() {
      decidedAt = Number.NEGATIVE_INFINITY;
    },
    state() {
      const now = clock.now();
      if (now - decidedAt >= DECIDE_EVERY_MS || board.revision() !== revision) decide(now);
      return state;
    },
    rungStates: () => rungs.map(rungState),
    forbidden: () => forbiddenNow,
    on: events.on,
  };
}
