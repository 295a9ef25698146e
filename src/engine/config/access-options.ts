/**
 * The options that say who may connect, and who may do what. `requirepass`, `bind` and the like stand with the network's;
 * `user` and `rename-command` are no options but lines of which there may be many: access-lines.ts.
 */

const LONG_MAX = 2 ** 63;
/** Wrong passwords are not forgotten before (engine/auth-failures.ts). */
const AUTH_DELAY_MS_MAX = 60_000;

export const ACCESS_OPTIONS = [
  {
    name: 'protected-mode',
    kind: 'flag',
    default: true,
    change: 'live',
    summary: 'answer only connections from this machine while the default user has no password',
  },
  {
    name: 'aclfile',
    kind: 'text',
    default: '',
    change: 'start',
    summary: 'file of the users: read at the start and by ACL LOAD, written by ACL SAVE; empty is none',
  },
  {
    name: 'acl-pubsub-default',
    kind: 'choice',
    default: 'resetchannels',
    choices: ['allchannels', 'resetchannels'],
    change: 'live',
    summary: 'whether a new user may use all channels or none, until a rule says otherwise',
  },
  {
    name: 'acllog-max-len',
    kind: 'integer',
    default: 128,
    minimum: 0,
    maximum: LONG_MAX,
    clamp: [0, Number.MAX_SAFE_INTEGER],
    change: 'live',
    summary: 'refused commands and failed authentications that are kept for ACL LOG',
  },
  {
    name: 'auth-delay',
    kind: 'integer',
    default: 1000,
    minimum: 0,
    maximum: AUTH_DELAY_MS_MAX,
    unit: 'milliseconds',
    change: 'live',
    summary: 'how long AUTH waits, right or wrong, once ten from the same address were wrong; 0 never does',
  },
  {
    name: 'enable-protected-configs',
    kind: 'choice',
    default: 'no',
    choices: ['no', 'yes', 'local'],
    change: 'start',
    summary: 'who may set protected options: nobody, everybody, or connections from this machine',
  },
] as const;
