import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { to } from '../../address/address.ts';
import { authorization, call, problemText } from '../../api/client.ts';
import { reread } from '../../api/use-read.ts';
import type { QueueItem } from '../../api/wire.ts';
import { Empty, Panel } from '../../parts/page.tsx';
import { toast } from '../../parts/toast.tsx';
import { When } from '../../parts/when.tsx';
import { type Shortcut, useShortcuts } from '../../shell/shortcuts.ts';
import { figure, many } from '../../words/numbers.ts';
import { leftOf, offeredVerdicts, type Pending, UNDO_MS } from './verdicts.ts';

const pathOf = (item: QueueItem): string => `/api/v1/queues/items/${encodeURIComponent(item.id)}/verdict`;

/** One item at a time: a key decides it, the next is there at once, and for a moment it can be taken back. */
export function DecisionDesk(props: {
  readonly items: readonly QueueItem[];
  readonly decided: readonly QueueItem[];
}): JSX.Element {
  const [pending, setPending] = useState<Pending | undefined>(undefined);
  const [done, setDone] = useState<ReadonlySet<string>>(new Set());
  const [skipped, setSkipped] = useState<readonly string[]>([]);
  const [note, setNote] = useState('');
  const waiting = useRef<
    { pending: Pending; note: string; timer: ReturnType<typeof setTimeout> } | undefined
  >(undefined);

  const left = leftOf(props.items, done, skipped);
  const [item, next] = left;
  const verdicts = item === undefined ? [] : offeredVerdicts(item, props.decided);

  const flush = (): void => {
    const held = waiting.current;
    if (held === undefined) return;
    clearTimeout(held.timer);
    waiting.current = undefined;
    setPending((now) => (now === held.pending ? undefined : now));
    const body = { verdict: held.pending.verdict, ...(held.note.trim() === '' ? {} : { note: held.note }) };
    call('POST', pathOf(held.pending.item), body).then(
      () => reread('/api/v1/queues'),
      (error: unknown) => {
        toast(problemText(error), 'bad');
        setDone((now) => new Set([...now].filter((id) => id !== held.pending.item.id)));
        reread('/api/v1/queues');
      },
    );
  };
  const decide = (verdict: string): void => {
    if (item === undefined) return;
    flush();
    const made = { item, verdict };
    waiting.current = { pending: made, note, timer: setTimeout(flush, UNDO_MS) };
    setPending(made);
    setDone((now) => new Set([...now, item.id]));
    setNote('');
  };
  const undo = (): void => {
    const held = waiting.current;
    if (held === undefined) return;
    clearTimeout(held.timer);
    waiting.current = undefined;
    setPending(undefined);
    setNote(held.note);
    setDone((now) => new Set([...now].filter((id) => id !== held.pending.item.id)));
    // What was taken back is what one wants to see.
    setSkipped((now) => now.filter((id) => id !== held.pending.item.id));
  };
  const skip = (): void => {
    if (item !== undefined) setSkipped((now) => [...now.filter((id) => id !== item.id), item.id]);
  };

  const latest = useRef({ decide, undo, skip, verdicts });
  latest.current = { decide, undo, skip, verdicts };
  const keys = useMemo<readonly Shortcut[]>(
    () => [
      ...[0, 1, 2, 3, 4, 5].map((i) => ({
        keys: String(i + 1),
        what: `verdict ${i + 1} of those shown`,
        run: () => {
          const verdict = latest.current.verdicts[i];
          if (verdict !== undefined) latest.current.decide(verdict);
        },
      })),
      { keys: 'u', what: 'take the last verdict back', run: () => latest.current.undo() },
      { keys: 's', what: 'look at this one later', run: () => latest.current.skip() },
    ],
    [],
  );
  useShortcuts(keys);

  useEffect(() => {
    // Who leaves has decided: what is held back is sent, even while the page goes.
    const leave = (): void => {
      const held = waiting.current;
      if (held === undefined) return;
      clearTimeout(held.timer);
      waiting.current = undefined;
      void fetch(pathOf(held.pending.item), {
        method: 'POST',
        keepalive: true,
        headers: { ...authorization(), 'content-type': 'application/json' },
        body: JSON.stringify({
          verdict: held.pending.verdict,
          ...(held.note === '' ? {} : { note: held.note }),
        }),
      });
    };
    addEventListener('pagehide', leave);
    return () => {
      removeEventListener('pagehide', leave);
      leave();
    };
  }, []);

  return (
    <Panel title={item === undefined ? 'Next' : `Next of ${many(left.length, 'item')}`} flush>
      {pending === undefined ? undefined : (
        <p class="notice" role="status">
          <span class="grow">
            <strong>{pending.verdict}</strong> for {pending.item.reason || pending.item.id}; sent in a moment.
          </span>
          <button type="button" class="button" onClick={undo}>
            Take back <kbd>u</kbd>
          </button>
        </p>
      )}
      {item === undefined ? (
        <Empty what="Nothing waits.">
          <span>
            Answers that a ladder or a safety check holds for a person come here: a rung with{' '}
            <code>use: hold_for_review</code>, or a safety rule with <code>verdict: hold</code>.
          </span>
        </Empty>
      ) : (
        <div class="card">
          <p>
            <span class="tag">{item.kind === 'hold' ? 'held' : 'to review'}</span> {item.reason}{' '}
            <span class="quiet small">
              · {item.service} · <When at={item.createdAt} /> ·{' '}
              <a href={to(['requests', item.requestId])}>its request</a>
              {item.label === undefined ? '' : ` · the model says ${item.label}`}
              {item.score === undefined ? '' : ` (${figure(item.score)})`}
            </span>
          </p>
          <Content content={item.content} />
          <div class="row">
            {verdicts.map((verdict, i) => (
              <button key={verdict} type="button" class="button" onClick={() => decide(verdict)}>
                <kbd>{i + 1}</kbd> {verdict}
              </button>
            ))}
            <span class="grow" />
            <button type="button" class="button plain" disabled={next === undefined} onClick={skip}>
              Later <kbd>s</kbd>
            </button>
          </div>
          <label class="field">
            <span>Note to the next verdict</span>
            <input
              maxLength={2_000}
              value={note}
              onInput={({ currentTarget }) => setNote(currentTarget.value)}
            />
          </label>
        </div>
      )}
    </Panel>
  );
}

/** What the caller sent, as text: never as markup. */
function Content({ content }: { readonly content: unknown }): JSX.Element {
  const text = typeof content === 'string' ? content : JSON.stringify(content, undefined, 2);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reached by key
    <pre tabIndex={0} dir="auto">
      {text ?? 'its content was forgotten when its time was up'}
    </pre>
  );
}
