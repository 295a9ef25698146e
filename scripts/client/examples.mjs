/**
 * The example of each group of commands, as it stands in docs/api/commands.md: a fragment that is given an empty store as `kv`.
 * The tests run it; `// -> X` says what comes back. `door` names the one door that it is for.
 */

export const EXAMPLES = {
  string: {
    code: `
await kv.set('user:1', 'rustacean'); // -> 'OK'
await kv.get('user:1'); // -> 'rustacean'
await kv.set('user:1', 'crab', { ex: 60, get: true }); // -> 'rustacean'
await kv.set('user:1', 'gopher', { nx: true }); // -> undefined
await kv.mset({ a: 1, b: 2 }); // -> 'OK'
await kv.mget('a', 'b', 'c'); // -> [ '1', '2', undefined ]
await kv.incrby('a', 41); // -> 42
`,
  },
  list: {
    code: `
await kv.rpush('jobs', 'wash', 'cook', 'sleep'); // -> 3
await kv.lrange('jobs', 0, -1); // -> [ 'wash', 'cook', 'sleep' ]
await kv.lpop('jobs'); // -> 'wash'
await kv.lpop('jobs', 2); // -> [ 'cook', 'sleep' ]
await kv.blpop(['jobs', 'more'], 0.01); // -> undefined
await kv.lmove('jobs', 'done', 'left', 'right'); // -> undefined
`,
  },
  set: {
    code: `
await kv.sadd('tags', 'red', 'blue'); // -> 2
await kv.sismember('tags', 'red'); // -> true
await kv.sadd('more', ['blue', 'green']); // -> 2
await kv.sinter('tags', 'more'); // -> Set(1) { 'blue' }
await kv.scard('tags'); // -> 2
await kv.spop('nothing'); // -> undefined
`,
  },
  'sorted-set': {
    code: `
await kv.zadd('board', { ann: 10, bob: 7.5 }); // -> 2
await kv.zadd('board', [[12, 'cat']], { gt: true }); // -> 1
await kv.zrange('board', 0, -1); // -> [ 'bob', 'ann', 'cat' ]
await kv.zrange('board', 0, 1, { rev: true, withscores: true }); // -> [ [ 'cat', 12 ], [ 'ann', 10 ] ]
await kv.zrange('board', '(7.5', '+inf', { byscore: true, limit: [0, 1] }); // -> [ 'ann' ]
await kv.zscore('board', 'dan'); // -> undefined
await kv.zpopmax('board'); // -> [ 'cat', 12 ]
`,
  },
  hash: {
    code: `
await kv.hset('user:1', 'name', 'Ann'); // -> 1
await kv.hset('user:1', { age: 42, city: 'Graz' }); // -> 2
await kv.hgetall('user:1'); // -> Map(3) { 'name' => 'Ann', 'age' => '42', 'city' => 'Graz' }
await kv.hmget('user:1', 'name', 'nothing'); // -> [ 'Ann', undefined ]
await kv.hexists('user:1', 'age'); // -> true
const { cursor, entries } = await kv.hscan('user:1', 0, { match: 'a*' });
cursor; // -> '0'
entries; // -> [ [ 'age', '42' ] ]
`,
  },
  geo: {
    code: `
await kv.geoadd('towns', [
  [13.361389, 38.115556, 'Palermo'],
  [15.087269, 37.502669, 'Catania'],
]); // -> 2
await kv.geodist('towns', 'Palermo', 'Catania', 'km'); // -> 166.2742
await kv.geosearch('towns', { frommember: 'Palermo', byradius: [100, 'km'] }); // -> [ 'Palermo' ]
const found = await kv.geosearch('towns', {
  fromlonlat: [15, 37],
  bybox: [400, 400, 'km'],
  asc: true,
  withdist: true,
});
found[0]; // -> { member: 'Catania', distance: 56.4413 }
`,
  },
  bitmap: {
    code: `
await kv.setbit('seen', 7, 1); // -> 0
await kv.getbit('seen', 7); // -> 1
await kv.bitcount('seen'); // -> 1
await kv.bitcount('seen', 0, -1, 'bit'); // -> 1
await kv.bitpos('seen', 1); // -> 7
await kv.bitfield('figures', { set: ['u8', 0, 200] }, { incrby: ['u8', 0, 100], overflow: 'sat' }); // -> [ 0, 255 ]
await kv.bitfieldRo('figures', { get: ['u4', '#0'] }); // -> [ 15 ]
`,
  },
  hyperloglog: {
    code: `
await kv.pfadd('visitors', 'ann', 'bob'); // -> true
await kv.pfadd('visitors', 'ann'); // -> false
await kv.pfcount('visitors'); // -> 2
`,
  },
  generic: {
    code: `
await kv.mset({ a: 1, b: 2 });
await kv.expire('a', 100); // -> true
await kv.expire('a', 50, { gt: true }); // -> false
await kv.ttl('b'); // -> -1
await kv.pexpireat('b', new Date('2100-01-01')); // -> true
await kv.expiretime('b'); // -> 4102444800
await kv.exists('a', 'b', 'c'); // -> 2
await kv.type('a'); // -> 'string'
await kv.scan(0, { match: 'a*', count: 100 }); // -> { cursor: '0', keys: [ 'a' ] }
await kv.del('a', 'b'); // -> 2
`,
  },
  connection: {
    door: ' client',
    code: `
await kv.ping(); // -> 'PONG'
await kv.echo('hello'); // -> 'hello'
const id = await kv.clientId();
const list = await kv.clientList({ id });
list.startsWith(\`id=\${id} \`); // -> true
await kv.clientKill({ type: 'replica' }); // -> 0
`,
  },
  server: {
    code: `
await kv.set('a', 1);
await kv.dbsize(); // -> 1
await kv.configSet('slowlog-max-len', 64); // -> 'OK'
await kv.configGet('slowlog-max-len'); // -> Map(1) { 'slowlog-max-len' => '64' }
const [get] = await kv.commandInfo('get');
get?.flags; // -> Set(2) { 'readonly', 'fast' }
await kv.flushdb(); // -> 'OK'
`,
  },
};
