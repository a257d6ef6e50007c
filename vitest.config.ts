import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@evenkeel/source'] },
  ssr: { resolve: { conditions: ['@evenkeel/source', 'node', 'import', 'default'] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'examples/*/src/**/*.test.ts',
      'sim/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    testTimeout: 20_000,
  },
});
