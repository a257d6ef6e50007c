import type { JSX } from 'preact';
import type { ServedLevel } from '../api/wire.ts';
import { DEPTHS, depth, LEVEL_WORDS } from '../words/levels.ts';

/** The sign of the program: a waterline, a hull and a keel. */
export function Keel(): JSX.Element {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path
        d="M2 9h20M4.5 12.500c1.800 3.200 4.400 4.900 7.500 4.900s5.700-1.700 7.500-4.900M12 3.500v17"
        fill="none"
        stroke="currentColor"
        stroke-width="2.200"
        stroke-linecap="round"
      />
    </svg>
  );
}

/** How deep: a small ladder with the rung that answers filled. Reads without its colour. */
export function DepthMark({ level }: { readonly level: ServedLevel }): JSX.Element {
  const at = depth(level);
  return (
    <svg class={`depth l${at}`} viewBox="0 0 14 18" width="14" height="18" aria-hidden="true">
      {DEPTHS.map((name, i) => (
        <rect
          key={name}
          x={i === at ? 0 : 3}
          y={i * 3}
          width={i === at ? 14 : 8}
          height={i === at ? 2.6 : 1.2}
          rx="0.6"
          fill="currentColor"
          opacity={i === at ? 1 : 0.35}
        />
      ))}
    </svg>
  );
}

export function Level({ level }: { readonly level: ServedLevel }): JSX.Element {
  return (
    <span class={`level l${depth(level)}`}>
      <DepthMark level={level} />
      {LEVEL_WORDS[level]}
    </span>
  );
}

/** A spirit level: the bubble stands in the middle while all is even, and drifts with the trouble. */
export function Bubble({ tilt }: { readonly tilt: number }): JSX.Element {
  const state = tilt === 0 ? 'good' : tilt < 0.4 ? 'warn' : 'bad';
  return (
    <svg class={`bubble ${state}`} viewBox="0 0 220 34" width="220" height="34" aria-hidden="true">
      <rect class="vial" x="1" y="1" width="218" height="32" rx="16" />
      <path class="mark" d="M88 1v32M132 1v32M110 1v5M110 28v5" />
      <ellipse class="air" cx={110 + 88 * Math.min(1, tilt)} cy="17" rx="17" ry="10.500" />
      <ellipse class="shine" cx={106 + 88 * Math.min(1, tilt)} cy="13.500" rx="7" ry="2.600" />
    </svg>
  );
}

export function Dot({ kind }: { readonly kind: 'good' | 'warn' | 'bad' }): JSX.Element {
  return (
    <svg class={kind} viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
      {kind === 'good' ? (
        <circle cx="5" cy="5" r="4" fill="currentColor" />
      ) : kind === 'warn' ? (
        <path d="M5 .5 9.800 9.500H.2z" fill="currentColor" />
      ) : (
        <path d="M1 1l8 8M9 1 1 9" stroke="currentColor" stroke-width="2.400" fill="none" />
      )}
    </svg>
  );
}
