import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

export interface Sound {
  readonly isOn: boolean;
  readonly toggle: () => void;
}

const key = 'sound';

/** Whether recordings play with sound: off at first, then as last chosen on this device. */
export function useSound(video: RefObject<HTMLVideoElement | null>): Sound {
  const [isOn, setOn] = useState(() => localStorage.getItem(key) === 'on');
  // In the same step as the words of its button.
  useLayoutEffect(() => {
    if (video.current !== null) video.current.muted = !isOn;
    localStorage.setItem(key, isOn ? 'on' : 'off');
  }, [isOn]);
  return { isOn, toggle: () => setOn((was) => !was) };
}
