import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** A view with its title; the title of the window follows. */
export function Page(props: {
  readonly title: string;
  readonly back?: { readonly href: string; readonly text: string } | undefined;
  readonly beside?: ComponentChildren;
  readonly children: ComponentChildren;
}): JSX.Element {
  const { title, back, beside, children } = props;
  useEffect(() => {
    document.title = `${title} · evenkeel`;
  }, [title]);
  return (
    <div class="page">
      <div class="title">
        <h1>
          {back === undefined ? undefined : (
            <>
              <a class="crumb" href={back.href}>
                {back.text}
              </a>{' '}
              <span class="quiet" aria-hidden="true">
                /
              </span>{' '}
            </>
          )}
          {title}
        </h1>
        {beside}
      </div>
      {children}
    </div>
  );
}

export function Panel(props: {
  readonly title?: string;
  readonly beside?: ComponentChildren;
  /** `flush`: a table or list that reaches to the border. */
  readonly flush?: boolean;
  readonly children: ComponentChildren;
}): JSX.Element {
  const { title, beside, flush = false, children } = props;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // What scrolls sideways has to be reached by key; what does not would be a stop for nothing.
    const element = box.current;
    if (element === null || !flush) return;
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    else element.removeAttribute('tabindex');
  });
  return (
    <section class="panel" aria-label={title}>
      {title === undefined && beside === undefined ? undefined : (
        <header>
          {title === undefined ? undefined : <h2 class="grow">{title}</h2>}
          {beside}
        </header>
      )}
      <div ref={box} class={flush ? 'scroll' : 'body'}>
        {children}
      </div>
    </section>
  );
}

/** Nothing there, and how to get something there. */
export function Empty({
  what,
  children,
}: {
  readonly what: string;
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="empty">
      <strong>{what}</strong>
      {children}
    </div>
  );
}

/** Holds the room of what is being read, so that nothing jumps when it comes. */
export function Waiting({ rows = 3 }: { readonly rows?: number }): JSX.Element {
  return (
    <div class="empty" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} class="ghost" style={{ width: `${90 - 17 * (i % 3)}%`, height: 18 }} />
      ))}
    </div>
  );
}
