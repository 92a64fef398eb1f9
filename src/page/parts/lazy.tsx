import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Looking, Trouble } from './notes.tsx';

/** A component whose code is loaded when it is first shown. */
export function lazy<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  let Loaded: ComponentType<Props> | undefined;
  return (props) => {
    const [, setLoaded] = useState(Loaded !== undefined);
    const [hasFailed, setFailed] = useState(false);
    useEffect(() => {
      if (Loaded !== undefined) return;
      load().then(
        (component) => {
          Loaded = component;
          setLoaded(true);
        },
        () => setFailed(true),
      );
    }, []);
    if (Loaded !== undefined) return <Loaded {...props} />;
    if (!hasFailed) return <Looking />;
    // After a server upgrade, files of the old page no longer exist.
    return (
      <>
        <Trouble>This part of the page cannot be loaded.</Trouble>
        <button type="button" onClick={() => location.reload()}>
          Load the page again
        </button>
      </>
    );
  };
}
