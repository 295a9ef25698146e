/** A finding of a campaign: something that was looked at, how it was, and whether that is as it should be. */

export interface Finding {
  readonly verdict: 'good' | 'bad' | 'not judged';
  readonly text: string;
}

export function judged(isGood: boolean, text: string): Finding {
  return { verdict: isGood ? 'good' : 'bad', text };
}
