/** All families of collections: what random programs are made of, and the hand-picked programs. */

import type { Family } from '../parts.js';
import { GEO_REQUESTS } from './geo.js';
import { GEO_PROGRAMS } from './geo-table.js';
import { HASH_GROUPS, HASH_REQUESTS } from './hashes.js';
import { HASH_PROGRAMS } from './hashes-table.js';
import { LIST_GROUPS, LIST_REQUESTS } from './lists.js';
import { LIST_PROGRAMS } from './lists-table.js';
import { SET_GROUPS, SET_REQUESTS } from './sets.js';
import { SET_PROGRAMS } from './sets-table.js';
import { SORT_GROUPS, SORT_REQUESTS } from './sort.js';
import { SORT_PROGRAMS } from './sort-table.js';
import { SORTED_SET_GROUPS, SORTED_SET_REQUESTS } from './sorted-sets.js';
import { SORTED_SET_PROGRAMS } from './sorted-sets-table.js';
import { WRONG_TYPE_PROGRAMS } from './wrong-type-table.js';

export const COLLECTION_FAMILIES: Readonly<Record<string, Family>> = {
  hashes: { requests: HASH_REQUESTS, groups: HASH_GROUPS },
  lists: { requests: LIST_REQUESTS, groups: LIST_GROUPS },
  sets: { requests: SET_REQUESTS, groups: SET_GROUPS },
  'sorted-sets': { requests: SORTED_SET_REQUESTS, groups: SORTED_SET_GROUPS },
  geo: { requests: GEO_REQUESTS },
  sort: { requests: SORT_REQUESTS, groups: SORT_GROUPS },
};

export const COLLECTION_PROGRAMS: Readonly<Record<string, string>> = {
  ...HASH_PROGRAMS,
  ...LIST_PROGRAMS,
  ...SET_PROGRAMS,
  ...SORTED_SET_PROGRAMS,
  ...GEO_PROGRAMS,
  ...SORT_PROGRAMS,
  ...WRONG_TYPE_PROGRAMS,
};
