/** A second process for tests: opens the store of the file it is told, says so, and stays until it is killed. */
import { openStore } from './open-store.ts';

const file = process.argv[2] ?? '';
try {
  await openStore(
    { kind: 'sqlite', file },
    { clock: { now: () => performance.now(), wall: () => Date.now() } },
  );
  console.log('open');
  setInterval(() => {}, 60_000);
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error));
}
