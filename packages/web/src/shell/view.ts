import type { ComponentType } from 'preact';

/** What every view is given: the parts of its address after its own name, and the filters in it. */
export interface ViewProps {
  readonly parts: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}
export type View = ComponentType<ViewProps>;
