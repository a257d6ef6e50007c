import { useEffect } from 'preact/hooks';

/** One thing that a key does, for the list under `?`. */
export interface Shortcut {
  /** As a person presses them: "g i" is one after the other. */
  readonly keys: string;
  readonly what: string;
  readonly run: () => void;
}

const active: Shortcut[] = [];
let before = '';
let beforeAt = 0;
/** Milliseconds between the two keys of a pair. */
const PAIR_MS = 1_200;

/** Whether keys are being typed into something. */
export function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLElement && target.isContentEditable)
  );
}

export function shortcuts(): readonly Shortcut[] {
  return active;
}

function press(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.querySelector('dialog[open]') !== null) return;
  const pair = performance.now() - beforeAt < PAIR_MS ? `${before} ${event.key}` : '';
  // The last to come is the innermost view: it goes before the frame's own.
  const found =
    active.findLast(({ keys }) => keys === pair) ?? active.findLast(({ keys }) => keys === event.key);
  before = event.key;
  beforeAt = performance.now();
  if (found === undefined) return;
  event.preventDefault();
  before = '';
  found.run();
}

export function startShortcuts(): void {
  addEventListener('keydown', press);
}

/** Puts keys in force while a view is shown. */
export function useShortcuts(wanted: readonly Shortcut[]): void {
  useEffect(() => {
    active.push(...wanted);
    return () => {
      for (const one of wanted) active.splice(active.indexOf(one), 1);
    };
  }, [wanted]);
}
