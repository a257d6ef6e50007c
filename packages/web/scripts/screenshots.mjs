// Pictures of every page: node scripts/screenshots.mjs <folder> --url <control> --key <key> [--name busy] [--only home,service]
// Widths 1440, 1024 and 390, light and dark; --one takes 1440 light and 390 dark alone.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launch } from './browser.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:4101' },
    key: { type: 'string' },
    name: { type: 'string', default: 'page' },
    only: { type: 'string' },
    one: { type: 'boolean', default: false },
    // What is seen without scrolling, instead of the whole page.
    view: { type: 'boolean', default: false },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('name a folder for the pictures');
mkdirSync(folder, { recursive: true });

const api = async (path) => {
  const headers = values.key === undefined ? {} : { authorization: `Bearer ${values.key}` };
  const response = await fetch(`${values.url}/api/v1/${path}`, { headers });
  return response.ok ? response.json() : {};
};
const { services = [] } = await api('services');
const { objectives = [] } = await api('objectives');
const { incidents = [] } = await api('incidents?limit=1');
const { requests = [] } = await api('requests?limit=200');
const { experiments = [] } = await api('experiments');
const { nouns = [] } = await api('session');
const way = requests.find(({ steps }) => steps?.length > 1) ?? requests[0];

const pages = Object.entries({
  home: '#/',
  service: services[0] && `#/services/${services[0].name}`,
  incidents: '#/incidents',
  incident: incidents[0] && `#/incidents/${incidents[0].id}`,
  objectives: '#/objectives',
  objective: objectives[0] && `#/objectives/${objectives[0].service}/${objectives[0].objective}?range=1h`,
  requests: '#/requests',
  request: way && `#/requests/${way.id}`,
  queues: '#/queues',
  monitors: nouns.includes('monitors') && '#/monitors',
  chaos: nouns.includes('experiments') && '#/experiments',
  experiment: experiments[0] && `#/experiments/${experiments[0].name}?service=${experiments[0].service}`,
  gamedays: nouns.includes('gamedays') && '#/gamedays',
  runs: nouns.includes('runs') && '#/runs',
  models: nouns.includes('models') && '#/models',
  reviews: nouns.includes('reviews') && '#/reviews',
  'on-call': '#/on-call',
  outbox: '#/outbox',
  audit: '#/audit',
  settings: '#/settings',
}).filter(([name, hash]) => hash && (values.only === undefined || values.only.split(',').includes(name)));

const views = values.one
  ? [
      [1440, 'light'],
      [390, 'dark'],
    ]
  : [1440, 1024, 390].flatMap((width) => [
      [width, 'light'],
      [width, 'dark'],
    ]);

const browser = await launch();
for (const [width, theme] of views) {
  const context = await browser.newContext({
    viewport: { width, height: width < 500 ? 844 : 900 },
    colorScheme: theme,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error')
      console.error(`${width} ${theme}: ${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => console.error(`${width} ${theme}: ${error.stack}`));
  await page.goto(values.key === undefined ? values.url : `${values.url}/#key=${values.key}`);
  for (const [name, hash] of pages) {
    await page.evaluate((next) => {
      location.hash = next;
    }, hash);
    await page.waitForTimeout(1_200);
    await page.screenshot({
      path: join(folder, `${values.name}-${name}-${width}-${theme}.png`),
      fullPage: !values.view,
    });
  }
  await context.close();
}
await browser.close();
console.log(`${pages.length * views.length} pictures in ${folder}`);
