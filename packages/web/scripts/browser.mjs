// Debian's chromium, driven by playwright-core: what the screenshots and the browser tests share.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
export const executable = process.env.CHROMIUM ?? PLACES.find((path) => existsSync(path));

export function launch() {
  if (executable === undefined)
    throw new Error('chromium is not installed (Debian: apt-get install chromium)');
  return chromium.launch({
    executablePath: executable,
    // As root, in a container, chromium refuses its own sandbox.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}
