/** The text of a field of a submitted form. */
export function formText({ target }: SubmitEvent, name: string): string {
  const value = new FormData(target as HTMLFormElement).get(name);
  return typeof value === 'string' ? value : '';
}
