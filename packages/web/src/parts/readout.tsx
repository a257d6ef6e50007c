import type { ComponentChildren, JSX } from 'preact';
import type { Problem } from '../api/client.ts';
import type { Reading } from '../api/use-read.ts';
import { Empty, Waiting } from './page.tsx';
import { When } from './when.tsx';

/** What cannot be shown, and why. */
export function Trouble({ problem }: { readonly problem: Problem }): JSX.Element {
  const what =
    problem.status === 401 || problem.status === 403
      ? 'This needs a key that may see it.'
      : problem.status === 404
        ? 'There is nothing at this address.'
        : 'This cannot be shown now.';
  return (
    <Empty what={what}>
      <span>{problem.message}</span>
      {problem.action === '' ? undefined : <span>{problem.action}</span>}
    </Empty>
  );
}

/** What was read, as soon as it is there; what is older than it looks says so. */
export function Readout<T>(props: {
  readonly of: Reading<T>;
  readonly rows?: number;
  readonly children: (data: T) => ComponentChildren;
}): JSX.Element {
  const { data, problem, readAt } = props.of;
  if (data === undefined) {
    return problem === undefined ? <Waiting rows={props.rows ?? 3} /> : <Trouble problem={problem} />;
  }
  return (
    <>
      {problem === undefined || readAt === undefined ? undefined : (
        <p class="notice warn" role="status">
          As it was <When at={readAt} />: {problem.message}.
        </p>
      )}
      {props.children(data)}
    </>
  );
}
