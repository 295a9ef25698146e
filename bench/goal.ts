/** Goals: a limit on a figure, and whether the figure keeps it. */

export interface Goal {
  readonly sense: 'at most' | 'at least';
  readonly limit: number;
  /** A figure is judged as it is printed: rounded to so many decimals. */
  readonly digits: number;
}

export function atMost(limit: number, digits = 2): Goal {
  return { sense: 'at most', limit, digits };
}

export function atLeast(limit: number, digits = 2): Goal {
  return { sense: 'at least', limit, digits };
}

/** Whether `value` keeps the goal; what was not measured does not. */
export function isMet({ sense, limit, digits }: Goal, value: number): boolean {
  const rounded = Number(value.toFixed(digits));
  return sense === 'at most' ? rounded <= limit : rounded >= limit;
}

/** `<= 0.85` or `>= 1.30`. */
export function describeGoal({ sense, limit, digits }: Goal): string {
  return `${sense === 'at most' ? '<=' : '>='} ${limit.toFixed(digits)}`;
}

/** The goal and whether it is met; nothing where there is no goal. */
export function verdict(goal: Goal | undefined, value: number): string {
  if (goal === undefined) return '';
  if (!Number.isFinite(value)) return `${describeGoal(goal)}, not measured`;
  return `${describeGoal(goal)}, ${isMet(goal, value) ? 'met' : '**missed**'}`;
}
