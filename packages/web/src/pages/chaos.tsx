import { nounPage } from './noun.tsx';
import type { View } from '../shell/registry.ts';
export const Chaos: View = nounPage('experiments', 'Chaos');
