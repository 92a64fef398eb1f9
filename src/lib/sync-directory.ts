import { constants, open } from 'node:fs/promises';

/** Makes the creation, renaming and removal of files in a directory survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  await using handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  await handle.sync();
}
