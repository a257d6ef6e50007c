import { defineConfig } from 'vite';

/** Into the package that is published: the page travels with the program that serves it. */
export default defineConfig({
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../evenkeel/dist/page',
    emptyOutDir: true,
    target: 'es2022',
    // An inlined asset would need a looser content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
