import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@evenkeel/source'] },
  // Only ours is added: a condition named here is also given to `require`, which must not be handed a module's ESM.
  ssr: { resolve: { conditions: ['@evenkeel/source', 'node'], externalConditions: ['@evenkeel/source'] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'examples/*/src/**/*.test.ts',
      'sim/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    testTimeout: 20_000,
    // Tests of real processes wait more than they work: one worker on two cores would leave both idle.
    maxWorkers: 3,
  },
});
