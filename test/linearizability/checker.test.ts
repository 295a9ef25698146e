import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseSeed, SeededRandom } from '../support/random.js';
import { check, describeViolation, type Operation } from './checker.js';
import { apply, EMPTY, type State } from './model.js';

const BEGINNING = ['MSET', 'a', '7', 'b', '8'] as const;
const RANDOM_HISTORIES = 4000;
/** As many orders as a brute force can try. */
const OPERATIONS_MAX = 6;

/**
 * A history drawn: one line an operation, `|` its call and its return, one column a moment; then the command, and `->` the reply.
 * Without a reply nobody knows whether it was done.
 */
function draw(picture: string): Operation[] {
  const lines = picture.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line, client) => {
    const called = line.indexOf('|');
    const returned = line.indexOf('|', called + 1);
    const [command = '', reply] = line.slice(returned + 1).split('->');
    return { client, args: command.trim().split(/\s+/), called, returned, reply: reply?.trim() };
  });
}

const GOOD: Readonly<Record<string, string>> = {
  'one after the other': `
    |--|            SET a x -> "OK"
         |--|       GET a -> "x"`,
  'a read beside a write may see it, or not': `
    |---------|     SET a x -> "OK"
     |-|            GET a -> null
         |-|        GET a -> "x"`,
  'increments at the same time in an order of their own': `
    |----------|    INCR a -> 2
      |-----|       INCR a -> 1
                |-| GET a -> "2"`,
  'a write without an answer that was done later than others': `
    |------------|  SET a x
      |-|           SET a y -> "OK"
          |-|       GET a -> "y"
                |-| GET a -> "x"`,
  'a write without an answer that was never done': `
    |----|          SET a x
      |-|           GET a -> null
            |-|     GET a -> null`,
  'an element that moves': `
    |-|             RPUSH a x -> 1
       |------|     RPOPLPUSH a b -> "x"
         |--|       LRANGE a 0 -1 -> ["x"]
               |-|  LRANGE b 0 -1 -> ["x"]`,
};

const BAD: Readonly<Record<string, string>> = {
  'a stale read': `
    |-|             SET a x -> "OK"
        |-|         SET a y -> "OK"
            |-|     GET a -> "x"`,
  'a read that goes back': `
    |-------------| SET a x -> "OK"
      |-|           GET a -> "x"
           |-|      GET a -> null`,
  'a lost update': `
    |---|           INCR a -> 1
      |---|         INCR a -> 1`,
  'an update that was lost in silence': `
    |---|           INCR a -> 1
      |---|         INCR a -> 2
            |-|     GET a -> "1"`,
  'a torn MSET': `
    |-----------|   MSET a x b x -> "OK"
      |-|           MGET a b -> ["x",null]`,
  'an element in two lists': `
    |-|             RPUSH a x -> 1
       |-------|    RPOPLPUSH a b -> "x"
         |---|      LRANGE b 0 -1 -> ["x"]
              |-|   LRANGE a 0 -1 -> ["x"]`,
  'a read of a value that the crash took back': `
    |------|        SET a x
      |-|           GET a -> "x"
            |-|     GET a -> null`,
  'an acknowledged write that the crash took back': `
    |-|             SET a x -> "OK"
            |-|     GET a -> null`,
  'a write without an answer that is done after the crash': `
    |----|          SET a x
            |-|     GET a -> null
                |-| GET a -> "x"`,
  'a write without an answer that was done twice': `
    |-----|         INCR a
            |-|     GET a -> "2"`,
};

for (const [title, picture] of Object.entries(GOOD)) {
  test(`linearizable: ${title}`, () => {
    const verdict = check(draw(picture));
    assert.equal(verdict.outcome, 'linearizable', describeViolation(verdict));
  });
}

for (const [title, picture] of Object.entries(BAD)) {
  test(`not linearizable: ${title}`, () => {
    const history = draw(picture);
    const verdict = check(history);
    assert.equal(verdict.outcome, 'violation');
    assert.ok(verdict.stuck.length > 0);
    assert.match(describeViolation(verdict), /none of these can be next/);
    // Nor is it in front of something that is.
    const later = history.map((operation) => ({
      ...operation,
      called: operation.called + 100,
      returned: operation.returned + 100,
    }));
    const first = draw('|-| SET z 1 -> "OK"');
    assert.equal(check([...first, ...later]).outcome, 'violation');
  });
}

test('a history without operations is linearizable', () => {
  assert.equal(check([]).outcome, 'linearizable');
});

test('a search that takes too long is undecided, and says so', () => {
  const history = draw(GOOD['an element that moves']!);
  assert.equal(check(history, 2).outcome, 'undecided');
});

/** Tries every order. */
function bruteForce(left: readonly Operation[], state: State): boolean {
  const firstReturn = Math.min(...left.map(({ returned }) => returned));
  return (
    left.length === 0 ||
    left.some((operation) => {
      if (operation.called > firstReturn) return false;
      const rest = left.filter((other) => other !== operation);
      if (operation.reply === undefined && bruteForce(rest, state)) return true;
      const outcome = apply(state, operation.args);
      const fits = operation.reply === undefined || operation.reply === outcome.reply;
      return fits && bruteForce(rest, outcome.state);
    })
  );
}

/** Commands whose replies and effects say most about what was before. */
function tellingCommand(random: SeededRandom, value: string): string[] {
  const key = random.below(2) === 0 ? 'a' : 'b';
  switch (random.below(7)) {
    case 0:
      return ['MSET', 'a', value, 'b', value];
    case 1:
      return ['RENAME', key, key === 'a' ? 'b' : 'a'];
    case 2:
      return ['GETDEL', key];
    case 3:
    case 4:
      return ['INCR', key];
    default:
      return ['MGET', 'a', 'b'];
  }
}

/** Commands done one after another, each at some moment of its interval; then some replies are lost, or those of another run. */
function randomHistory(random: SeededRandom): Operation[] {
  const count = 1 + random.below(OPERATIONS_MAX);
  let state = EMPTY;
  return Array.from({ length: count }, (_, at) => {
    const args = at === 0 ? [...BEGINNING] : tellingCommand(random, `${random.below(3)}`);
    const outcome = apply(state, args);
    if (random.below(3) !== 0) state = outcome.state;
    return {
      client: at,
      args,
      called: at * 4 - random.below(6),
      returned: at * 4 + 1 + random.below(6),
      reply: random.below(5) === 0 ? undefined : outcome.reply,
    };
  });
}

test('the verdicts are those of trying every order', (t) => {
  const seed = chooseSeed(process.env['TEST_SEED']);
  const random = new SeededRandom(seed);
  const counts = { linearizable: 0, violation: 0, undecided: 0 };
  for (let i = 0; i < RANDOM_HISTORIES; i++) {
    const history = randomHistory(random);
    const { outcome } = check(history);
    counts[outcome]++;
    const expected = bruteForce(history, EMPTY) ? 'linearizable' : 'violation';
    assert.equal(outcome, expected, `seed ${seed}, history ${i}: ${JSON.stringify(history)}`);
  }
  t.diagnostic(`seed ${seed}: ${counts.linearizable} linearizable, ${counts.violation} not`);
  assert.ok(counts.linearizable > RANDOM_HISTORIES / 10 && counts.violation > RANDOM_HISTORIES / 10);
});
