import { stringify } from 'yaml';

export type Labels = Readonly<Record<string, string>>;

/** One rule of a Prometheus rule file. */
export type Rule =
  | { readonly record: string; readonly expr: string; readonly labels: Labels }
  | {
      readonly alert: string;
      readonly expr: string;
      readonly for?: string;
      readonly labels: Labels;
      readonly annotations: Labels;
    };

export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** Writes a rule file as `promtool check rules` and Prometheus read it. */
export function printRules(groups: readonly RuleGroup[]): string {
  return stringify({ groups }, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** A text as a string of PromQL. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** The nearest label name that Prometheus allows. */
export function labelName(text: string): string {
  const name = text.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^_+(?=_)/, '');
  return /^[0-9]/.test(name) || name === '' ? `_${name}` : name;
}
