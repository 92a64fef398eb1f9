import { render } from 'preact';
import { App } from './app.tsx';
import { showKeptTheme } from './parts/theme.tsx';
import './styles/base.css';

showKeptTheme();
const page = document.getElementById('page');
if (page !== null) render(<App />, page);
