import {
  type CancelTimer,
  type Clock,
  type ComponentHealth,
  describeError,
  type HealthOptions,
  initialHealth,
  observeHealth,
  type Timers,
} from '@evenkeel/core';

/** Something whose health is checked in the background, never in a request. */
export interface Checked {
  readonly name: string;
  healthy(signal: AbortSignal): Promise<boolean>;
  /** What it says of itself, for the status. */
  details(): Readonly<Record<string, unknown>>;
}

export interface HealthChecks {
  state(name: string): ComponentHealth | undefined;
  /** Resolves when every component has been checked once. */
  firstRound: Promise<void>;
  stop(): void;
}

export interface HealthCheckOptions extends HealthOptions {
  /** Milliseconds between the end of a check and the next. */
  readonly everyMs: number;
  /** Milliseconds after which a check has failed. */
  readonly timeoutMs: number;
}

/**
 * Checks each component on its own beat, so that one that hangs delays no other.
 * @param onChange told when a component goes up or down
 */
export function startHealthChecks(
  components: readonly Checked[],
  options: HealthCheckOptions,
  host: { clock: Clock; timers: Timers },
  onChange: (name: string, health: ComponentHealth) => void,
): HealthChecks {
  const states = new Map<string, ComponentHealth>();
  const cancels = new Map<string, CancelTimer>();
  const aborts = new Set<AbortController>();
  let stopped = false;

  async function once(component: Checked): Promise<void> {
    const controller = new AbortController();
    aborts.add(controller);
    let cancel: CancelTimer = () => {};
    const tooLate = new Promise<never>((_, reject) => {
      cancel = host.timers.after(options.timeoutMs, () => {
        reject(new Error(`no answer to the health check within ${options.timeoutMs} ms`));
        controller.abort();
      });
    });
    let ok = false;
    let detail = 'ok';
    try {
      ok = await Promise.race([component.healthy(controller.signal), tooLate]);
      if (!ok) detail = 'the health check says no';
    } catch (error) {
      detail = describeError(error);
    } finally {
      cancel();
      aborts.delete(controller);
    }
    if (stopped) return;
    const before = states.get(component.name) ?? initialHealth(host.clock.now());
    const after = observeHealth(before, ok, detail, options, host.clock.now());
    states.set(component.name, after);
    if (after.up !== before.up) onChange(component.name, after);
    cancels.set(
      component.name,
      host.timers.after(options.everyMs, () => void once(component)),
    );
  }

  for (const component of components) states.set(component.name, initialHealth(host.clock.now()));
  const firstRound = Promise.all(components.map(once)).then(() => {});
  return {
    state: (name) => states.get(name),
    firstRound,
    stop() {
      stopped = true;
      for (const cancel of cancels.values()) cancel();
      for (const controller of aborts) controller.abort();
    },
  };
}
