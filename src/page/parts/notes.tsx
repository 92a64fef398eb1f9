import type { ComponentChildren } from 'preact';

/** A placeholder while data is loading; says why if loading fails. */
export const Looking = ({ error = 'Looking…' }: { readonly error?: string | undefined }) => (
  <p class="note" role="status">
    {error}
  </p>
);

/** An error message that screen readers announce at once. May be empty until there is an error. */
export const Trouble = ({ children }: { readonly children?: ComponentChildren }) => (
  <p class="trouble" role="alert">
    {children}
  </p>
);

/** A warning above stale data, while the server does not answer. */
export const Stale = ({ error }: { readonly error: string | undefined }) =>
  error === undefined ? null : <Trouble>{error} What you see may be old.</Trouble>;
