import assert from 'node:assert/strict';
import { test } from 'node:test';
import { viewOf } from './bytes.js';
import { xxh3 } from './xxh3.js';

/** What hash-wasm 4 makes of the first bytes of `SAMPLE`: sizes on both sides of each of the algorithm's steps. */
const EXPECTED: readonly [size: number, hash: string][] = [
  [0, '2d06800538d394c2'],
  [1, 'c44bdff4074eecdb'],
  [2, '433ce72a5f67ae52'],
  [3, '6811538b444fc6dc'],
  [4, 'ed503340c589a28b'],
  [5, '2c6f87f3768f01f3'],
  [8, 'e5b43ab074c9c13b'],
  [9, '089b8d25b20fb877'],
  [15, '61744772dcd3c205'],
  [16, '0a0ec5ae8679cb7f'],
  [17, '57c52d21ce492c1e'],
  [31, '7a0589ca533ee8f0'],
  [32, '8e62a5f67100f10d'],
  [33, 'bc16fc6b42571f75'],
  [64, '7714914b0d794113'],
  [65, 'dd1752f723801bbc'],
  [96, '7f316343f379455b'],
  [97, '0c5de55821283dde'],
  [127, '1efa0b3872939b86'],
  [128, '696069c4f1e6a91a'],
  [129, 'b1ada52285757beb'],
  [143, '9e0a3a7f8ef42c36'],
  [144, '8d313a4964e287f0'],
  [145, '098fc11bc91d6fde'],
  [239, '8a1931b14a1bac40'],
  [240, 'b80284837259eee4'],
  [241, '44dbd3180a664e27'],
  [255, '942ab7e775f54aca'],
  [256, '266a2c816cbb31c5'],
  [257, '7e8b76f1ea8234b8'],
  [303, '723cc2cc281b4bab'],
  [304, '136343cf269b501d'],
  [305, 'd1fb6dfc4bb31fb0'],
  [1023, 'f7eb9806eb4ad2fd'],
  [1024, 'd1abb5dbd52032f9'],
  [1025, 'a3908b116ddf0191'],
  [1087, '15e862ddbcf4da5e'],
  [1088, '73a4a4f20d1ada67'],
  [1089, '197d897222943730'],
  [2048, '597cefa098478059'],
  [2049, 'e09d2fe2edf7e1d5'],
  [4095, 'cc34d12bd8882905'],
  [100000, '3a0109e04c9ff5ba'],
];

const SAMPLE = Uint8Array.from({ length: 100_000 }, (_, index) => index * 131 + (index >> 8) * 7);

test('hashes inputs of every kind as the reference does, wherever they lie', () => {
  for (const offset of [0, 1, 6]) {
    const bytes = new Uint8Array(SAMPLE.length + offset);
    bytes.set(SAMPLE, offset);
    for (const [size, hash] of EXPECTED) {
      assert.equal(xxh3(viewOf(bytes), offset, size).toString(16).padStart(16, '0'), hash, `${size} bytes`);
    }
  }
});
