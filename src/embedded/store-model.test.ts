import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { open } from './open.js';

/** A few keys, so that operations meet. */
const key = fc.constantFrom('a', 'b', 'ü', 'a longer key than twenty-four characters');
const text = fc.string({ unit: 'grapheme', maxLength: 80 });
const isSync = fc.boolean();
const operation = fc.oneof(
  fc.record({ name: fc.constant('set' as const), key, text, isSync }),
  fc.record({ name: fc.constant('append' as const), key, text, isSync }),
  fc.record({ name: fc.constant('get' as const), key, isSync }),
  fc.record({ name: fc.constant('del' as const), key, isSync }),
);
type Operation = typeof operation extends fc.Arbitrary<infer O> ? O : never;

/** What the operation replies, done to a plain map. */
function applyTo(model: Map<string, string>, { name, key, ...rest }: Operation): unknown {
  const before = model.get(key);
  if (name === 'get') return before;
  if (name === 'del') return model.delete(key) ? 1 : 0;
  const { text } = rest as { text: string };
  model.set(key, name === 'set' ? text : (before ?? '') + text);
  return name === 'set' ? 'OK' : Buffer.byteLength(model.get(key) as string);
}

test('whatever is done in whichever way, the store answers as a plain map does', async (t) => {
  const kv = await open();
  t.after(() => kv.close());
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
      kv.sync.flushall();
      const model = new Map<string, string>();
      const replies: unknown[] = [];
      const expected: unknown[] = [];
      for (const each of operations) {
        const commands = each.isSync ? kv.sync : kv;
        expected.push(applyTo(model, each));
        if (each.name === 'get') replies.push(commands.get(each.key));
        else if (each.name === 'del') replies.push(commands.del(each.key));
        else if (each.name === 'set') replies.push(commands.set(each.key, each.text));
        else replies.push(commands.append(each.key, each.text));
      }
      assert.deepEqual(await Promise.all(replies), expected);
      assert.equal(kv.sync.dbsize(), model.size);
    }),
  );
});
