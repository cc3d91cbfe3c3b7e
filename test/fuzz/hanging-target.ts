import type { FuzzTarget } from '../../fuzz/target.ts';

/** Never ends at an input with two exclamation marks in a row. */
export const target: FuzzTarget = {
  reads: 'nothing',
  seeds: ['a', '!'],
  check(input) {
    while (input.includes('!!')) if (input.length === 0) break;
    return 'ended';
  },
};
