import { useState } from 'preact/hooks';
import type { ExportStatus } from '../../contract/footage.ts';
import { formatBytes } from '../../lib/words.ts';
import { deleteExport, errorWords, exportFileUrl, exportList } from '../api.ts';
import { Trouble } from './notes.tsx';
import { usePolled } from './polled.ts';

const pollEveryMs = 5_000;

/** The exports that the viewer has made before, to download them again or to delete them. */
export function ExportsMade() {
  const [changes, setChanges] = useState(0);
  const [trouble, setTrouble] = useState('');
  const { value } = usePolled((signal) => exportList(signal), [changes], { everyMs: pollEveryMs });
  const exports = value?.exports ?? [];
  const remove = async (id: string): Promise<void> => {
    setTrouble('');
    try {
      await deleteExport(id);
    } catch (error) {
      setTrouble(errorWords(error));
    }
    setChanges(changes + 1);
  };
  if (exports.length === 0) return null;
  return (
    <details class="exports">
      <summary>Files made before: {exports.length}</summary>
      <ul>
        {exports.map((one) => (
          <li key={one.id}>
            {one.state === 'done' ? (
              <a href={exportFileUrl(one.id)} download={one.fileName}>
                {one.fileName}
              </a>
            ) : (
              one.fileName
            )}
            {`, ${one.camera}, ${stateWords(one)} `}
            <button type="button" onClick={() => void remove(one.id)}>
              Delete
            </button>
          </li>
        ))}
      </ul>
      <Trouble>{trouble}</Trouble>
    </details>
  );
}

const stateWords = ({ state, progress, bytes = 0 }: ExportStatus): string => {
  if (state === 'done') return formatBytes(bytes);
  return state === 'running' ? `${Math.round(progress * 100)} %` : state;
};
