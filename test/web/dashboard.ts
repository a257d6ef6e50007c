import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { type Evenkeel, startEvenkeel } from '../process/evenkeel.ts';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executable = process.env.CHROMIUM ?? PLACES.find((path) => existsSync(path));
const built = existsSync(
  fileURLToPath(new URL('../../packages/evenkeel/dist/page/index.html', import.meta.url)),
);

/** Why the browser tests cannot run here; undefined: they can. With CI=true they must. */
export const lacking: string | undefined =
  executable === undefined ? 'chromium is not installed' : built ? undefined : 'the dashboard is not built';
if (lacking !== undefined) console.error(`The browser tests are skipped: ${lacking}.`);
export const skipped: boolean = lacking !== undefined && process.env.CI !== 'true';

export const VIEWPORTS = {
  desktop: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
} as const;

/** A browser on the dashboard of a real process. */
export interface Dashboard {
  readonly evenkeel: Evenkeel;
  /** A fresh browser, signed in unless `key` is empty. */
  open(options?: { readonly size?: keyof typeof VIEWPORTS; readonly key?: string }): Promise<Tab>;
  api(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  close(): Promise<void>;
}

export interface Tab {
  readonly page: Page;
  /** What the browser complained about since the last time it was asked. */
  complaints(): readonly string[];
  go(hash: string): Promise<void>;
  close(): Promise<void>;
}

const FIELDS = { callers: { trust_headers_from: 'loopback', may_set_priority_from: 'loopback' } };

/** One service whose last rung holds for a person, with an objective that it keeps. */
export async function startDashboard(): Promise<Dashboard> {
  if (executable === undefined || lacking !== undefined) throw new Error(lacking);
  const evenkeel = await startEvenkeel([
    {
      ...FIELDS,
      service: 'mail',
      type: 'custom',
      deadline: '500ms',
      ladder: [
        {
          rung: 'answer',
          level: 'simpler_model',
          use: 'static',
          with: { output: { label: 'ham' } },
          quality: 'a guess',
        },
        { rung: 'hold', level: 'static_fallback', use: 'hold_for_review', quality: 'a person decides' },
        { rung: 'block', level: 'static_fallback', use: 'block', quality: 'not let through' },
      ],
      queue: { capacity: 50, keep_content_for: '1d' },
      objectives: {
        availability: { category: 'availability', target: '99%', window: '7d' },
        'latency-p95': { category: 'latency', indicator: { latency: { p95: '300ms' } }, window: '7d' },
      },
    },
  ]);
  const browser: Browser = await chromium.launch({
    executablePath: executable,
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  return {
    evenkeel,
    async api(method, path, body) {
      const response = await fetch(`${evenkeel.control}/api/v1/${path}`, {
        method,
        headers: {
          authorization: `Bearer ${evenkeel.key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    },
    async open({ size = 'desktop', key = evenkeel.key } = {}) {
      const context: BrowserContext = await browser.newContext({
        viewport: VIEWPORTS[size],
        colorScheme: 'light',
        reducedMotion: 'reduce',
      });
      const page = await context.newPage();
      page.setDefaultTimeout(6_000);
      let heard: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning')
          heard.push(`${message.text()} ${message.location().url}`);
      });
      page.on('pageerror', (error) => heard.push(error.stack ?? error.message));
      await page.goto(key === '' ? evenkeel.control : `${evenkeel.control}/#key=${key}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      return {
        page,
        complaints() {
          const now = heard;
          heard = [];
          return now;
        },
        async go(hash) {
          await page.evaluate((next) => {
            location.hash = next;
          }, hash);
          await settled(page);
        },
        close: () => context.close(),
      };
    },
    async close() {
      await browser.close();
      await evenkeel.stop();
    },
  };
}

/** Waits until nothing on the page waits for its first figures any more. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelector('main h1') !== null &&
      document.querySelector('main [role=status][aria-label=Loading]') === null,
    undefined,
    { timeout: 5_000 },
  );
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong, in words; by `evaluate`, since the page's policy lets no script in. */
export async function violations(page: Page, rules: 'all' | 'colours'): Promise<readonly string[]> {
  const there = await page.evaluate(() => Reflect.has(globalThis, 'axe'));
  if (!there) await page.evaluate(axeSource);
  return page.evaluate(async (only) => {
    const axe: unknown = Reflect.get(globalThis, 'axe');
    if (typeof axe !== 'object' || axe === null) throw new Error('axe is not there');
    const run: unknown = Reflect.get(axe, 'run');
    if (typeof run !== 'function') throw new Error('axe has no run');
    const found = await run.call(axe, document, {
      resultTypes: ['violations'],
      ...(only === 'all' ? {} : { runOnly: ['color-contrast', 'link-in-text-block'] }),
    });
    return found.violations.map(
      (one: { id: string; nodes: { html: string; failureSummary: string }[] }) =>
        `${one.id}: ${one.nodes.map((node) => `${node.html.slice(0, 160)} (${node.failureSummary.slice(0, 200)})`).join(' | ')}`,
    );
  }, rules);
}
