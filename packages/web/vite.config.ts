import { defineConfig } from 'vite';

/** The process that answers the API while the page is worked on: `npx vite packages/web`. */
const target = process.env.EVENKEEL_URL ?? 'http://127.0.0.1:4101';

/** Into the package that is published: the page travels with the program that serves it. */
export default defineConfig({
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  server: {
    port: 4173,
    strictPort: true,
    proxy: { '/api': { target, changeOrigin: true, headers: { origin: target } } },
  },
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
