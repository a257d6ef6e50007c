import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'plain' | 'bad';
}

let toasts: readonly Toast[] = [];
let next = 1;
const listeners = new Set<() => void>();
/** Long enough to read; what went wrong stays longer. Milliseconds. */
const SHOWN_MS = { plain: 5_000, bad: 12_000 } as const;

function set(changed: readonly Toast[]): void {
  toasts = changed;
  for (const listener of listeners) listener();
}

/** Says for a moment what was done, or what went wrong. */
export function toast(text: string, tone: Toast['tone'] = 'plain'): void {
  const id = next++;
  set([...toasts.slice(-3), { id, text, tone }]);
  setTimeout(() => set(toasts.filter((one) => one.id !== id)), SHOWN_MS[tone]);
}

export function Toasts(): JSX.Element {
  const [, turn] = useState(0);
  useEffect(() => {
    const listener = (): void => turn((n) => n + 1);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.map(({ id, text, tone }) => (
        <div key={id} class={`toast ${tone}`}>
          <span class="grow">{text}</span>
          <button
            type="button"
            class="button plain"
            onClick={() => set(toasts.filter((one) => one.id !== id))}
            aria-label="Dismiss"
          >
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}
