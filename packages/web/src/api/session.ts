/** Where the key of this tab is kept: it goes with the tab, and no other tab or later visit sees it. */
const PLACE = 'evenkeel.key';

/** A key in the fragment of an address, and the fragment without it. */
export function keyInFragment(fragment: string): { readonly key: string | undefined; readonly rest: string } {
  const [, key] = /^#key=([\w-]+)/.exec(fragment) ?? [];
  if (key === undefined) return { key, rest: fragment };
  const rest = fragment.slice(`#key=${key}`.length).replace(/^&/, '');
  return { key, rest: rest === '' ? '#/' : `#${rest.replace(/^#/, '')}` };
}

const told = new Set<() => void>();

/** The key of this tab; undefined: reading only. */
export function currentKey(): string | undefined {
  return sessionStorage.getItem(PLACE) ?? undefined;
}

export function setKey(key: string | undefined): void {
  if (key === undefined) sessionStorage.removeItem(PLACE);
  else sessionStorage.setItem(PLACE, key);
  for (const listener of told) listener();
}

export function onKey(listener: () => void): () => void {
  told.add(listener);
  return () => told.delete(listener);
}

/** Moves a key out of the address bar, before anything else is read from it or a copy of it is made. */
export function takeKeyFromAddress(): void {
  const { key, rest } = keyInFragment(location.hash);
  if (key === undefined) return;
  history.replaceState(null, '', rest);
  setKey(key);
}
