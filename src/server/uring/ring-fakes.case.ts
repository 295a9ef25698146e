/** Kernels that say no: `Native` with some system calls refused, the others real. */

import type { Native } from '../native.js';
import { SYS_IO_URING_SETUP } from './abi.js';

/** System call `number` fails with `code`; `times` times, then it is let through. */
export function refusing(
  native: Native,
  number: number,
  code: string,
  times = Number.POSITIVE_INFINITY,
): Native {
  let left = times;
  let refused = false;
  return {
    ...native,
    syscall: (called, ...rest) => {
      refused = called === number && left-- > 0;
      return refused ? -1 : native.syscall(called, ...rest);
    },
    lastError: () => (refused ? code : native.lastError()),
  };
}

/** An older kernel: the first `times` sets of flags are unknown to it. */
export function refusingSetups(native: Native, times: number): Native {
  return refusing(native, SYS_IO_URING_SETUP, 'EINVAL', times);
}
