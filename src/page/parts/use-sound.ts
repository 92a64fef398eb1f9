import { type Ref, useEffect, useState } from '/vendor/htm-preact.js';

export interface Sound {
  readonly isOn: boolean;
  readonly toggle: () => void;
}

const key = 'sound';

/** Whether a film is heard. Silent until it is wanted, and then as this device was told last. */
export function useSound(video: Ref<HTMLVideoElement | null>): Sound {
  const [isOn, setOn] = useState(() => localStorage.getItem(key) === 'on');
  useEffect(() => {
    if (video.current !== null) video.current.muted = !isOn;
    localStorage.setItem(key, isOn ? 'on' : 'off');
    return undefined;
  }, [isOn]);
  return { isOn, toggle: () => setOn((was) => !was) };
}
