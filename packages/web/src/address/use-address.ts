import { useEffect, useState } from 'preact/hooks';
import { type Address, parseAddress, printAddress } from './address.ts';

export function useAddress(): Address {
  const [address, set] = useState(() => parseAddress(location.hash));
  useEffect(() => {
    const read = (): void => set(parseAddress(location.hash));
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  return address;
}

export function go(hash: string): void {
  location.hash = hash;
}

/** Changes what is shown on this view: a step of its own for the back button only where somebody would want one. */
export function setQuery(changes: Readonly<Record<string, string>>, step: 'new' | 'same' = 'same'): void {
  const { parts, query } = parseAddress(location.hash);
  const hash = printAddress({ parts, query: { ...query, ...changes } });
  if (step === 'new') location.hash = hash;
  else {
    history.replaceState(null, '', hash);
    dispatchEvent(new HashChangeEvent('hashchange'));
  }
}
