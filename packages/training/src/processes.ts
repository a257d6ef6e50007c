import { readdirSync, readFileSync } from 'node:fs';

/** One line of /proc/PID/stat (proc(5)). */
export interface ProcessStat {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  /** Clock ticks after boot: together with the pid it names one process and never another. */
  readonly startTicks: number;
  readonly cpuMs: number;
  readonly residentBytes: number;
}

const TICK_MS = 10;
const PAGE = 4096;

const onLinux: boolean = process.platform === 'linux';

/** Undefined when there is no such process (or no /proc). @throws the system's error when it could not be told */
export function processStat(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
  // The name may hold blanks and parentheses: fields begin after the last one.
  const rest = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (index: number): number => Number(rest[index] ?? Number.NaN);
  return {
    pid,
    state: rest[0] ?? '?',
    parent: at(1),
    group: at(2),
    cpuMs: (at(11) + at(12) + at(13) + at(14)) * TICK_MS,
    startTicks: at(19),
    residentBytes: at(21) * PAGE,
  };
}

/**
 * Whether the process that had this pid and start time is gone for certain. A status that could not be read is not a
 * death: false then.
 */
export function isGone(pid: number, startTicks: number | undefined): boolean {
  if (onLinux) {
    try {
      const stat = processStat(pid);
      if (stat === undefined || stat.state === 'Z' || stat.state === 'X') return true;
      return startTicks !== undefined && stat.startTicks !== startTicks;
    } catch {
      return false;
    }
  }
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

function allProcesses(): ProcessStat[] {
  if (!onLinux) return [];
  const found: ProcessStat[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = processStat(Number(entry));
      if (stat !== undefined) found.push(stat);
    } catch {
      // One that we may not look at is not ours.
    }
  }
  return found;
}

/** The processes of a group and all that descend from its leader, in the group or not. */
export function membersOf(leader: number): readonly ProcessStat[] {
  const all = allProcesses();
  const inside = new Set([leader]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const one of all) {
      if (inside.has(one.pid) || one.pid === process.pid) continue;
      if (one.group === leader || inside.has(one.parent)) {
        inside.add(one.pid);
        grown = true;
      }
    }
  }
  return all.filter((one) => inside.has(one.pid));
}

export interface Usage {
  readonly residentBytes: number;
  readonly cpuMs: number;
  readonly processes: number;
}

/** What a trainer and its children use together; undefined where there is no /proc, or nothing is left. */
export function usageOf(leader: number): Usage | undefined {
  const members = membersOf(leader).filter((one) => one.state !== 'Z');
  if (members.length === 0) return undefined;
  return {
    residentBytes: members.reduce((sum, one) => sum + one.residentBytes, 0),
    cpuMs: members.reduce((sum, one) => sum + one.cpuMs, 0),
    processes: members.length,
  };
}

/** Sends a signal; a process that is gone is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** As {@link signalProcess}, to the whole group. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  signalProcess(-leader, signal);
}

/** Variable that marks every process of a run: its id, a slash, the token of its supervisor. */
export const RUN_VARIABLE = 'EVENKEEL_RUN';

/** Processes that carry the mark of a run in their environment, wherever they have gone (setsid, double fork). */
export function markedWith(run: string): readonly ProcessStat[] {
  const mark = `${RUN_VARIABLE}=${run}/`;
  return allProcesses().filter((one) => {
    if (one.pid === process.pid || one.state === 'Z') return false;
    try {
      return readFileSync(`/proc/${one.pid}/environ`, 'latin1')
        .split('\0')
        .some((entry) => entry.startsWith(mark));
    } catch {
      return false;
    }
  });
}

/** Kills whatever carries the run's mark, again and again until nothing does (they may be forking). True when all are gone. */
export async function killMarked(run: string, pause: (ms: number) => Promise<void>): Promise<boolean> {
  for (let round = 0; round < 50; round++) {
    const left = markedWith(run);
    if (left.length === 0) return true;
    for (const one of left) signalProcess(one.pid, 'SIGKILL');
    await pause(10);
  }
  return markedWith(run).length === 0;
}
