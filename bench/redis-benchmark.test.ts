import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandLineOf, parseReport } from './redis-benchmark.js';

test("reads throughput and percentiles from redis-benchmark's report", () => {
  const report = `====== SET ======
  300000 requests completed in 0.49 seconds

Latency by percentile distribution:
0.000% <= 0.151 milliseconds (cumulative count 32)
50.000% <= 1.175 milliseconds (cumulative count 151024)
99.805% <= 3.375 milliseconds (cumulative count 299440)
99.902% <= 3.863 milliseconds (cumulative count 299712)
100.000% <= 4.423 milliseconds (cumulative count 300000)

Cumulative distribution of latencies:
0.000% <= 0.103 milliseconds (cumulative count 0)
99.995% <= 4.103 milliseconds (cumulative count 299984)
100.000% <= 5.103 milliseconds (cumulative count 300000)

Summary:
  throughput summary: 609756.06 requests per second
  latency summary (msec):
          avg       min       p50       p95       p99       max
        1.236     0.144     1.175     2.031     2.775     4.423
`;
  assert.deepEqual(parseReport(report), { throughput: 609756.06, p50: 1.175, p99: 2.775, p999: 3.863 });
});

test('a load is one of its own tests, or a command of any words', () => {
  const load = { clients: 50, pipeline: 16, requests: 1000 };
  const common = ['-h', '127.0.0.1', '-p', '7000', '-c', '50', '-P', '16', '-n', '1000', '-d', '64', '-r'];
  assert.deepEqual(commandLineOf(7000, { ...load, test: 'set' }), [...common, '100000', '-t', 'set']);
  assert.deepEqual(commandLineOf(7000, { ...load, test: ['HGET', 'hash', '__rand_int__'], keys: 20 }), [
    ...common,
    '20',
    'HGET',
    'hash',
    '__rand_int__',
  ]);
});
