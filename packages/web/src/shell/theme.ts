export type Theme = 'system' | 'light' | 'dark';
const PLACE = 'evenkeel.theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

export function chosenTheme(): Theme {
  const kept = localStorage.getItem(PLACE);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

/** Puts the choice on the page, and on every chart that is redrawn for it. */
export function applyTheme(): void {
  const choice = chosenTheme();
  const theme = choice === 'system' ? (dark.matches ? 'dark' : 'light') : choice;
  document.documentElement.dataset.theme = theme;
  dispatchEvent(new Event('evenkeel-theme'));
}

export function chooseTheme(theme: Theme): void {
  if (theme === 'system') localStorage.removeItem(PLACE);
  else localStorage.setItem(PLACE, theme);
  applyTheme();
}

export function startTheme(): void {
  applyTheme();
  dark.addEventListener('change', applyTheme);
}
