import { open } from 'node:fs/promises';

/** Makes names that were given or taken in a directory last beyond a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
