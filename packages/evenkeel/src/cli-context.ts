import type { Command } from 'commander';
import { type ApiClient, apiClient, remoteFrom } from './api-client.ts';
import { colours, type Paint, painter } from './output.ts';

/** What every command of the control plane needs: the API, and where to print. */
export interface CliContext {
  readonly api: ApiClient;
  readonly json: boolean;
  readonly paint: Paint;
  readonly columns: number;
  print(text: string): void;
  /** JSON when it was asked for, otherwise the words. */
  show(value: unknown, words: () => string): void;
}

export function cliContext(command: Command): CliContext {
  const json = command.optsWithGlobals().json === true;
  const print = (text: string): void => console.log(text);
  return {
    api: apiClient(remoteFrom(process.env)),
    json,
    paint: painter(colours(process.env, process.stdout.isTTY === true)),
    columns: process.stdout.isTTY === true ? process.stdout.columns : Number.POSITIVE_INFINITY,
    print,
    show(value, words) {
      print(json ? JSON.stringify(value, null, 2) : words());
    },
  };
}
