import { useState } from 'preact/hooks';
import { ApiError, logIn } from '../api.ts';
import { formText } from '../parts/form-text.ts';
import { Trouble } from '../parts/notes.tsx';
import { ThemeButton } from '../parts/theme.tsx';

interface LoginViewProps {
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
  const name = { autocapitalize: 'none', spellcheck: false } as const;
  return (
    <main class="alone">
      <form class="login" onSubmit={(event) => void submit(event)} aria-labelledby="login-title">
        <div class="login-head">
          <h1 id="login-title">Your cameras</h1>
          <ThemeButton />
        </div>
        <label>
          Account
          <input {...name} name="account" autocomplete="organization" aria-describedby="hint" />
        </label>
        <p class="hint" id="hint">
          Operators leave it empty.
        </p>
        <label>
          User
          <input {...name} name="user" autocomplete="username" required />
        </label>
        <label>
          Password
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        <Trouble>{trouble}</Trouble>
        <button type="submit" class="main" disabled={isAsking}>
          {isAsking ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
    </main>
  );
}

function troubleWords(error: unknown): string {
  if (!(error instanceof ApiError)) return 'The server cannot be reached. Is this device online?';
  if (error.status === 401) return 'There is no such account, user and password.';
  if (error.status !== 429) return error.message;
  const wait = error.retryAfterS === undefined ? 'a while' : `${error.retryAfterS} seconds`;
  return `That was tried too often. Please wait ${wait} and try again.`;
}
