import { useEffect, useRef, useState } from 'preact/hooks';
import { endOtherSessions, errorWords, sessions } from '../api.ts';
import { dayOf } from '../time/zone.ts';
import { exactTime } from '../time/words.ts';
import { Trouble } from './notes.tsx';
import { usePolled } from './polled.ts';

interface SignInsProps {
  readonly timeZone: string;
  readonly onClose: () => void;
}

/** Where the person is signed in, and a way to end that everywhere else: for a lost phone. */
export function SignIns({ timeZone, onClose }: SignInsProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [changes, setChanges] = useState(0);
  const [trouble, setTrouble] = useState('');
  const { value, error } = usePolled((signal) => sessions(signal), [changes]);
  useEffect(() => dialog.current?.showModal(), []);
  const found = value?.sessions ?? [];
  const endOthers = async (): Promise<void> => {
    setTrouble('');
    try {
      await endOtherSessions();
    } catch (failure) {
      setTrouble(errorWords(failure));
    }
    setChanges(changes + 1);
  };
  return (
    <dialog ref={dialog} class="sign-ins" aria-labelledby="sign-ins-title" onClose={onClose}>
      <h2 id="sign-ins-title">Where you are signed in</h2>
      <ul>
        {found.map((one) => (
          <li key={one.createdMs}>
            {browserWords(one.agent)}
            {one.address !== undefined && `, ${one.address}`}
            {`, since ${dayOf(one.createdMs, timeZone)}, ${exactTime(one.createdMs, timeZone)}`}
            {one.isThis && <strong> – this one</strong>}
          </li>
        ))}
      </ul>
      <Trouble>{trouble === '' ? error : trouble}</Trouble>
      <div class="actions">
        {found.length > 1 && (
          <button type="button" class="main" onClick={() => void endOthers()}>
            Sign out everywhere else
          </button>
        )}
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}

/** In the order in which they must be looked for: most browsers name others, too. */
const browsers = ['Firefox', 'Edg', 'OPR', 'Chrome', 'Safari'] as const;
const systems = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS', 'Linux'] as const;
const plainNames: Readonly<Record<string, string>> = { Edg: 'Edge', OPR: 'Opera' };

function browserWords(agent = ''): string {
  const found = [browsers, systems].flatMap(
    (names) => names.find((name) => agent.includes(name)) ?? [],
  );
  const words = found.map((name) => plainNames[name] ?? name).join(', ');
  return words === '' ? 'A browser' : words;
}
