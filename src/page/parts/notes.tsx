import type { ComponentChildren } from 'preact';

/** In place of what is not there yet: that it is being asked for, or why it cannot be had. */
export const Looking = ({ error = 'Looking…' }: { readonly error?: string | undefined }) => (
  <p class="note" role="status">
    {error}
  </p>
);

/** What went wrong; screen readers tell it at once. Empty, it waits for something to tell. */
export const Trouble = ({ children }: { readonly children?: ComponentChildren }) => (
  <p class="trouble" role="alert">
    {children}
  </p>
);

/** Above what was shown before the server stopped answering. */
export const Stale = ({ error }: { readonly error: string | undefined }) =>
  error === undefined ? null : <Trouble>{error} What you see may be old.</Trouble>;
