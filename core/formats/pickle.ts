/**
 * A reader of Python's pickles that can do nothing but build plain data: numbers, texts, lists, dictionaries, and what a
 * caller's table of names makes of them. No name is looked up anywhere else, and nothing is called but these.
 */
import { type Hands, opcodes, refusedOpcodes } from "./pickle-opcodes.js";
import { type Global, mark, type Pickled, PickleProblem, type Slot, Unread, type Vocabulary } from "./pickled.js";

/** Each makes at most one thing, so that this bounds memory and time. Training states of the largest networks take a tenth. */
const mostOpcodes = 2 ** 19;

/** Dictionaries in dictionaries, in files that people have: five deep. */
const deepest = 32;

/**
 * Reads one pickle.
 *
 * @param bytes in which it begins
 * @returns what it holds, which is no deeper than 32 and never inside itself, and where it ends
 * @throws PickleProblem
 */
export function unpickle(bytes: Uint8Array, from: number, vocabulary: Vocabulary): { value: Pickled; end: number } {
  const machine = new Machine(bytes, from, vocabulary);
  const value = machine.run();
  refuseDepth(value);
  return { value, end: machine.at };
}

const utf8 = new TextDecoder();

class Machine {
  readonly #view: DataView;
  readonly #stack: Slot[] = [];
  #left = mostOpcodes;
  readonly #memo = new Map<number, Slot>();

  constructor(
    readonly bytes: Uint8Array,
    public at: number,
    readonly vocabulary: Vocabulary,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): Pickled {
    for (;;) {
      this.#spend(1);
      const opcode = this.#number(1);
      if (opcode === 0x2e) return this.#pop();
      const work = opcodes[opcode];
      if (!work)
        throw new PickleProblem(`holds the instruction ${refusedOpcodes[opcode] ?? opcode}, which weights do not need`);
      work(this.#hands);
    }
  }

  #spend(count: number): void {
    this.#left -= count;
    if (this.#left < 0) throw new PickleProblem(`takes more than ${mostOpcodes} instructions`);
  }

  /** What an instruction may do. */
  readonly #hands: Hands = {
    number: (size) => this.#number(size),
    signed: () => this.#view.getInt32(this.#take(4), true),
    double: () => this.#view.getFloat64(this.#take(8)),
    text: (length) => utf8.decode(this.#slice(length)),
    latin: (length) => Buffer.from(this.#slice(length)).toString("latin1"),
    whole: (length) => wholeNumber(this.#slice(length)),
    line: () => this.#line(),
    skip: (length) => void this.#take(length),
    push: (slot) => void this.#stack.push(slot),
    pop: () => this.#pop(),
    global: () => this.#popGlobal(),
    name: (name) => void this.#stack.push({ global: this.vocabulary.global(name) }),
    persistent: () => void this.#stack.push(this.vocabulary.persistent(this.#pop())),
    sinceMark: () => this.#sinceMark(),
    top: () => plain(this.#stack.at(-1)),
    put: (index) => void this.#memo.set(index ?? this.#memo.size, this.#stack.at(-1) ?? null),
    get: (index) => {
      const slot = this.#memo.get(index);
      if (slot === undefined) throw new PickleProblem(`names a thing that it has not made (${index})`);
      this.#stack.push(slot);
    },
    spend: (count) => this.#spend(count),
  };

  #take(length: number): number {
    const { at } = this;
    // A length of more than 2^53 is inexact, but then it is also beyond any end.
    if (at + length > this.bytes.length) throw new PickleProblem("ends in the midst of an instruction");
    this.at += length;
    return at;
  }

  #slice(length: number): Uint8Array {
    const from = this.#take(length);
    return this.bytes.subarray(from, from + length);
  }

  #number(size: 1 | 2 | 4 | 8): number {
    const at = this.#take(size);
    if (size === 1) return this.#view.getUint8(at);
    if (size === 2) return this.#view.getUint16(at, true);
    return size === 4 ? this.#view.getUint32(at, true) : Number(this.#view.getBigUint64(at, true));
  }

  #line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0 || end - this.at > 200) throw new PickleProblem("holds a name without an end");
    const text = utf8.decode(this.#slice(end - this.at));
    this.at++;
    return text;
  }

  #pop(): Pickled {
    return plain(this.#stack.pop());
  }

  #popGlobal(): Global {
    const slot = this.#stack.pop();
    if (typeof slot === "object" && slot !== null && "global" in slot) return slot.global as Global;
    throw new PickleProblem("calls what is no function");
  }

  #sinceMark(): readonly Pickled[] {
    const from = this.#stack.lastIndexOf(mark);
    if (from < 0) throw new PickleProblem("ends a list that it has not begun");
    return this.#stack.splice(from).slice(1).map(plain);
  }
}

/** A function that is not called is nothing to us. */
function plain(slot: Slot | undefined): Pickled {
  if (slot === undefined || slot === mark) throw new PickleProblem("takes what it has not put there");
  if (typeof slot !== "object" || slot === null || !("global" in slot)) return slot;
  const { global } = slot as { readonly global: Global };
  return "value" in global ? global.value : new Unread();
}

function wholeNumber(bytes: Uint8Array): number | bigint {
  const digits = Buffer.from(bytes).reverse().toString("hex");
  const value = bytes.length === 0 ? 0n : BigInt.asIntN(8 * bytes.length, BigInt(`0x${digits}`));
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** Looks at everything once, however often it is referred to. */
function refuseDepth(root: Pickled): void {
  const done = new Set<unknown>();
  const path = new Set<unknown>();
  const open: { readonly of: unknown; readonly inner: Iterator<Pickled> }[] = [];
  const enter = (value: Pickled) => {
    if (typeof value !== "object" || value === null || done.has(value)) return;
    if (path.has(value)) throw new PickleProblem("holds something that is inside itself");
    if (open.length >= deepest) throw new PickleProblem(`nests more than ${deepest} deep`);
    const inner = Array.isArray(value) ? value : value instanceof Map ? [...value].flat() : [];
    path.add(value);
    open.push({ of: value, inner: inner.values() });
  };
  enter(root);
  for (let last = open.at(-1); last; last = open.at(-1)) {
    const next = last.inner.next();
    if (!next.done) enter(next.value);
    else {
      open.pop();
      path.delete(last.of);
      done.add(last.of);
    }
  }
}
