/**
 * What has become of a field that a hash was asked to change.
 */

/** Memory is exhausted, and the field is as it was. */
export const NO_MEMORY = -1;
/** There is none of this name. */
export const ABSENT = 0;
/** There was none, and now there is. */
export const CREATED = 1;
/** There was one: it has another value or deadline now, or is gone. */
export const CHANGED = 2;
