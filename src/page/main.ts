import { html, render } from '/vendor/htm-preact.js';
import { App } from './app.ts';
import { showKeptTheme } from './parts/theme.ts';

showKeptTheme();
const page = document.getElementById('page');
if (page !== null) render(html`<${App} />`, page);
