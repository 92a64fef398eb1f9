import { html, useState } from '/vendor/htm-preact.js';
import { ApiError, logIn } from '../api.ts';
import { formText } from '../parts/form-text.ts';
import { ThemeButton } from '../parts/theme.ts';

export interface LoginViewProps {
  readonly onLoggedIn: () => Promise<void>;
}

export function LoginView({ onLoggedIn }: LoginViewProps) {
  const [trouble, setTrouble] = useState('');
  const [isAsking, setAsking] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const text = (name: string): string => formText(event, name);
    setAsking(true);
    setTrouble('');
    try {
      await logIn(text('account').trim(), text('user').trim(), text('password'));
      await onLoggedIn();
    } catch (error) {
      setTrouble(troubleWords(error));
      setAsking(false);
    }
  };
  return html`<main class="alone">
    <form class="login" onSubmit=${submit} aria-labelledby="login-title">
      <div class="login-head">
        <h1 id="login-title">Your cameras</h1>
        <${ThemeButton} />
      </div>
      <label>Account
        <input name="account" autocomplete="organization" autocapitalize="none" spellcheck=${false} aria-describedby="account-hint" />
      </label>
      <p class="hint" id="account-hint">Operators leave it empty.</p>
      <label>User
        <input name="user" autocomplete="username" autocapitalize="none" spellcheck=${false} required />
      </label>
      <label>Password
        <input name="password" type="password" autocomplete="current-password" required />
      </label>
      <p class="trouble" role="alert">${trouble}</p>
      <button type="submit" class="main" disabled=${isAsking}>${isAsking ? 'Signing in…' : 'Sign in'}</button>
    </form>
  </main>`;
}

function troubleWords(error: unknown): string {
  if (!(error instanceof ApiError)) return 'The server cannot be reached. Is this device online?';
  if (error.status === 401) return 'There is no such account, user and password.';
  if (error.status !== 429) return error.message;
  const wait = error.retryAfterS === undefined ? 'a while' : `${error.retryAfterS} seconds`;
  return `That was tried too often. Please wait ${wait} and try again.`;
}
