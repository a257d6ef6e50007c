import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { visibleRows } from './visible-rows.ts';

/** Below this, drawing all is cheaper than working out which. */
const FEW = 120;

/** The body of a table of any length: only rows near the window are drawn, the rest is kept as room. */
export function VirtualRows<T>(props: {
  readonly items: readonly T[];
  /** Height of a row in pixels, about. */
  readonly height: number;
  readonly row: (item: T) => JSX.Element;
}): JSX.Element {
  const { items, height, row } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const [seen, setSeen] = useState({ first: 0, last: FEW });
  const all = items.length <= FEW;
  useEffect(() => {
    if (all) return;
    const look = (): void => {
      const top = body.current?.getBoundingClientRect().top ?? 0;
      const next = visibleRows(-top, innerHeight, height, items.length);
      setSeen((now) => (now.first === next.first && now.last === next.last ? now : next));
    };
    look();
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [all, items.length, height]);
  if (all) return <tbody>{items.map(row)}</tbody>;
  const { first, last } = seen;
  return (
    <tbody ref={body}>
      <tr style={{ height: first * height }} />
      {items.slice(first, last).map(row)}
      <tr style={{ height: Math.max(0, items.length - last) * height }} />
    </tbody>
  );
}
