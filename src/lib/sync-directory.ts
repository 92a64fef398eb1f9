import { constants, open } from 'node:fs/promises';

/** Makes names that were given or taken in a directory last beyond a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  await using handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  await handle.sync();
}
