/**
 * Hand-picked programs about who gets in, and who was refused what: users' passwords, requirepass, ACL LOG, ACL's other
 * subcommands; `table.ts` tells how they are written. What rules and permissions mean is in acl.ts. Each program leaves the
 * servers with the default user alone, as it was.
 */

export const ACCESS_PROGRAMS: Readonly<Record<string, string>> = {
  'COMMAND INFO of ACL': `
    COMMAND INFO acl|cat acl|deluser acl|dryrun acl|genpass acl|getuser acl|list acl|load
    COMMAND INFO acl acl|log acl|save acl|setuser acl|users acl|whoami acl|help
  `,
  'users come, authenticate and go': `
    ACL SETUSER eve on >x >y ~a +@all
    ACL SETUSER adam off >x +@all
    ACL WHOAMI
    ACL USERS
    AUTH eve z
    AUTH adam x
    AUTH EVE x
    AUTH nobody x
    AUTH "" ""
    AUTH eve x
    ACL WHOAMI
    GET a
    GET b
    AUTH eve y
    SET b 1
    HELLO 3 AUTH eve z
    ACL WHOAMI
    HELLO 3 AUTH eve x
    HELLO 2 AUTH default anything
    ACL WHOAMI
    AUTH eve x
    RESET
    ACL WHOAMI
    ACL DELUSER
    ACL DELUSER default
    ACL DELUSER adam default
    ACL DELUSER adam adam nobody
    ACL DELUSER eve
    ACL USERS
    CLIENT KILL USER eve
    ACL LOG RESET
  `,
  'one who is deleted by himself': `
    ACL SETUSER eve on nopass ~* &* +@all
    ACL SETUSER adam on
    AUTH eve x
    ACL DELUSER adam
    ACL WHOAMI
    AUTH default x
    ACL DELUSER eve
  `,
  'requirepass and the default user': `
    CONFIG SET requirepass one
    AUTH one
    ACL LIST
    ACL SETUSER default >two
    CONFIG SET requirepass one
    ACL LIST
    AUTH two
    AUTH default one
    CONFIG GET requirepass
    CONFIG SET requirepass three
    ACL LIST
    RESET
    PING
    AUTH one
    AUTH three
    ACL SETUSER default nopass
    AUTH three
    AUTH default three
    CONFIG SET requirepass ""
    ACL SETUSER default >four
    CONFIG SET requirepass ""
    ACL LIST
    ACL SETUSER eve on nopass +@all ~* &*
    ACL SETUSER default off
    RESET
    PING
    HELLO
    AUTH four
    AUTH default four
    ACL LIST
    AUTH eve x
    ACL SETUSER default on nopass
    AUTH default x
    PING
    ACL DELUSER eve
    ACL LIST
    ACL LOG RESET
  `,
  'ACL LOG': `
    ACL LOG RESET
    ACL LOG
    ACL SETUSER eve on >x ~a +get +mget +acl|log +auth
    AUTH eve z
    auth eve z
    AUTH nobody x
    AUTH eve x
    SET a 1
    GET b
    GET c
    GET b
    MGET a d e
    CONFIG GET dir
    AUTH default z
    ACL LOG
    ACL LOG 2
    ACL LOG 0
    ACL LOG -3
    ACL LOG x
    ACL LOG 1 2
    ACL LOG 99999999999999999999
    AUTH eve z
    ACL LOG 1
    ACL LOG reset
    ACL LOG
    ACL DELUSER eve
  `,
  'ACL LOG keeps as many as it is told': `
    CONFIG SET acllog-max-len 2
    AUTH a x
    AUTH b x
    AUTH c x
    ACL LOG
    CONFIG SET acllog-max-len 0
    AUTH d x
    ACL LOG
    CONFIG SET acllog-max-len -1
    CONFIG SET acllog-max-len 9223372036854775807
    CONFIG SET acllog-max-len 128
    CONFIG GET acllog-max-len
    ACL LOG RESET
  `,
  'the rest of ACL': `
    ACL
    ACL nosuch
    ACL CAT
    ACL CAT nosuch
    ACL CAT a b
    ACL CAT scripting x
    ACL GENPASS
    ACL GENPASS 1
    ACL GENPASS 5
    ACL GENPASS 4096
    ACL GENPASS 0
    ACL GENPASS 4097
    ACL GENPASS -1
    ACL GENPASS x
    ACL GENPASS 1 2
    ACL SAVE
    ACL LOAD
    ACL LOAD x
    ACL HELP
    ACL WHOAMI x
    ACL USERS x
    ACL GETUSER
    ACL GETUSER nobody
    ACL SETUSER
    ACL SETUSER "a b" on
    ACL SETUSER "a\\x00b" on
    ACL SETUSER eve nosuch
    ACL GETUSER eve
    CONFIG GET acl*
    CONFIG SET acl-pubsub-default nope
    CONFIG SET acl-pubsub-default allchannels
    ACL SETUSER eve on
    ACL LIST
    CONFIG SET acl-pubsub-default resetchannels
    ACL SETUSER eve reset
    ACL LIST
    ACL DELUSER eve
    CONFIG SET aclfile x
  `,
  'what only some may configure': `
    CONFIG GET protected-mode
    CONFIG SET protected-mode maybe
    CONFIG SET protected-mode no
    CONFIG SET protected-mode yes
    CONFIG GET enable-*-configs
    CONFIG SET enable-protected-configs yes
    CONFIG SET dir /tmp
    CONFIG SET dir /tmp timeout 0
    CONFIG SET timeout x dir /tmp
    CONFIG SET nosuch x dir /tmp
  `,
};
