import { resolve } from 'node:path';
import { describeError } from '@evenkeel/core';
import type { RunRecords } from './run-records.ts';
import { runDirectory } from './run-records.ts';
import type { RunReport } from './run-report.ts';

export interface ReportingRecords extends RunRecords {
  /** Waits until the last report has arrived, at most `ms` milliseconds. */
  flush(ms: number): Promise<void>;
}

/**
 * Records that also tell somebody of every change. Training never waits for it, and never fails by it: what could not be told is
 * told with the next change, and only the newest is sent.
 */
export function reportingRecords(
  own: RunRecords,
  options: {
    /** Directory of runs. */
    readonly root: string;
    readonly host: string;
    readonly send: (report: RunReport) => Promise<void>;
    /** Called when sending begins to fail, and when it works again (undefined). */
    readonly onProblem: (problem: string | undefined) => void;
  },
): ReportingRecords {
  const waiting = new Map<string, RunReport>();
  let sending: Promise<void> | undefined;
  let problem: string | undefined;

  async function send(): Promise<void> {
    for (const [id, report] of waiting) {
      waiting.delete(id);
      try {
        await options.send(report);
        if (problem !== undefined) options.onProblem(undefined);
        problem = undefined;
      } catch (error) {
        if (!waiting.has(id)) waiting.set(id, report);
        const words = describeError(error);
        if (problem === undefined) options.onProblem(words);
        problem = words;
        return;
      }
    }
  }

  function begin(): Promise<void> {
    sending ??= send().finally(() => {
      sending = undefined;
    });
    return sending;
  }

  return {
    load: own.load,
    list: own.list,
    async save(record, revision) {
      const next = await own.save(record, revision);
      const directory = resolve(runDirectory(options.root, record.id));
      waiting.set(record.id, { revision: next, record, directory, host: options.host });
      void begin();
      return next;
    },
    async flush(ms) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((done) => {
        timer = setTimeout(done, ms);
      });
      const all = async (): Promise<void> => {
        await begin();
        if (waiting.size > 0) await begin();
      };
      await Promise.race([all(), late]);
      clearTimeout(timer);
    },
  };
}
