import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** A log that never holds more than twice `most` bytes: when it is full, it becomes `.1` and a new one begins. */
export interface TrainerLog {
  write(line: string): void;
  close(): void;
}

export function trainerLog(file: string, most: number = 8 * 1024 * 1024): TrainerLog {
  mkdirSync(dirname(file), { recursive: true });
  let handle: number | undefined;
  let size = 0;
  const begin = (): void => {
    handle = openSync(file, 'a');
    size = statSync(file).size;
  };
  return {
    write(line) {
      try {
        if (handle === undefined) begin();
        if (size > most && handle !== undefined) {
          closeSync(handle);
          renameSync(file, `${file}.1`);
          begin();
        }
        if (handle !== undefined) size += writeSync(handle, `${line}\n`);
      } catch {
        // A full disk must not end the training because its log does not fit.
      }
    },
    close() {
      if (handle !== undefined) closeSync(handle);
      handle = undefined;
    },
  };
}
