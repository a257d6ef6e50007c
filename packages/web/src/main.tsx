import { render } from 'preact';
import { startLive } from './api/live.ts';
import { takeKeyFromAddress } from './api/session.ts';
import { App } from './app.tsx';
import { startShortcuts } from './shell/shortcuts.ts';
import { startTheme } from './shell/theme.ts';
import './style/base.css';
import './style/parts.css';
import './style/shell.css';
import './style/views.css';

takeKeyFromAddress();
// A sign-in link that is opened in a tab where the page runs already only changes the fragment.
addEventListener('hashchange', takeKeyFromAddress);
startTheme();
startShortcuts();
startLive();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
