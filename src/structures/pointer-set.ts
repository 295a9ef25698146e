/**
 * A set of pointers for the time of one command: what it has chosen already, for instance.
 *
 * Open addressing with linear probing in an array at least twice as large as the set; 0, which is no pointer, marks what is free.
 */

/** An array of up to so many slots stays for the next command. */
const KEPT_SLOTS_MAX = 1 << 16;
const SLOTS_MIN = 64;

export class PointerSet {
  private slots = new Uint32Array(SLOTS_MIN);
  private bits = Math.log2(SLOTS_MIN);

  /** Begins an empty set of at most `count` pointers. */
  begin(count: number): void {
    this.bits = 32 - Math.clz32(Math.max(2 * count, SLOTS_MIN) - 1);
    const needed = 2 ** this.bits;
    if (needed > this.slots.length)
      this.slots = new Uint32Array(needed); // alloc: doubles, for who asks for very many
    else this.slots.fill(0, 0, needed);
  }

  /** Adds a pointer. False when the set had it already. */
  add(pointer: number): boolean {
    const { slots } = this;
    const mask = 2 ** this.bits - 1;
    let slot = Math.imul(pointer, 0x9e37_79b1) >>> (32 - this.bits); // Knuth, volume 3, 6.4: multiplicative hashing
    while (slots[slot] !== 0) {
      if (slots[slot] === pointer) return false;
      slot = (slot + 1) & mask;
    }
    slots[slot] = pointer;
    return true;
  }

  /** Gives the memory of a very large set back. */
  end(): void {
    if (this.slots.length > KEPT_SLOTS_MAX) this.slots = new Uint32Array(SLOTS_MIN);
  }
}
