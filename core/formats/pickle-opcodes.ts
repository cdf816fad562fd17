/** The instructions of a pickle that build plain data, and no others. */
import { brief } from "./file-bytes.js";
import { type Global, mark, type Pickled, PickleProblem, type Slot, Unread } from "./pickled.js";

/** What an instruction may do. */
export interface Hands {
  number(size: 1 | 2 | 4 | 8): number;
  signed(): number;
  double(): number;
  text(length: number): string;
  latin(length: number): string;
  whole(length: number): number | bigint;
  line(): string;
  skip(length: number): void;
  push(slot: Slot): void;
  pop(): Pickled;
  global(): Global;
  name(name: string): void;
  persistent(): void;
  sinceMark(): readonly Pickled[];
  top(): Pickled;
  /** Keeps the top under a number. Default: the next one. */
  put(index?: number): void;
  get(index: number): void;
  /** For work that takes as much as so many instructions. */
  spend(count: number): void;
}

/** By their numbers: https://docs.python.org/3/library/pickletools.html */
export const opcodes: Readonly<Record<number, (hands: Hands) => void>> = {
  // PROTO, FRAME: protocols differ in their instructions alone.
  128: ({ skip }) => skip(1),
  149: ({ skip }) => skip(8),
  // MARK, POP, POP_MARK
  40: ({ push }) => push(mark),
  48: ({ pop }) => void pop(),
  49: ({ sinceMark }) => void sinceMark(),
  // NONE, NEWTRUE, NEWFALSE
  78: ({ push }) => push(null),
  136: ({ push }) => push(true),
  137: ({ push }) => push(false),
  // BININT, BININT1, BININT2, LONG1, BINFLOAT
  74: ({ push, signed }) => push(signed()),
  75: ({ push, number }) => push(number(1)),
  77: ({ push, number }) => push(number(2)),
  138: ({ push, number, whole }) => push(whole(number(1))),
  71: ({ push, double }) => push(double()),
  // SHORT_BINUNICODE, BINUNICODE, BINUNICODE8; SHORT_BINSTRING, BINSTRING: texts of Python 2
  140: ({ push, number, text }) => push(text(number(1))),
  88: ({ push, number, text }) => push(text(number(4))),
  141: ({ push, number, text }) => push(text(number(8))),
  85: ({ push, number, latin }) => push(latin(number(1))),
  84: ({ push, number, latin }) => push(latin(number(4))),
  // SHORT_BINBYTES, BINBYTES, BINBYTES8
  67: ({ push, number, skip }) => push(unread(skip(number(1)))),
  66: ({ push, number, skip }) => push(unread(skip(number(4)))),
  142: ({ push, number, skip }) => push(unread(skip(number(8)))),
  // EMPTY_TUPLE, TUPLE1, TUPLE2, TUPLE3, TUPLE
  41: ({ push }) => push([]),
  133: ({ push, pop }) => push([pop()]),
  134: ({ push, pop }) => push([pop(), pop()].reverse()),
  135: ({ push, pop }) => push([pop(), pop(), pop()].reverse()),
  116: ({ push, sinceMark }) => push(sinceMark()),
  // EMPTY_LIST, APPEND, APPENDS
  93: ({ push }) => push([]),
  97: ({ pop, top }) => append(top, [pop()]),
  101: ({ sinceMark, top }) => append(top, sinceMark()),
  // EMPTY_DICT, SETITEM, SETITEMS
  125: ({ push }) => push(new Map()),
  115: ({ pop, top }) => setItems(top, [pop(), pop()].reverse()),
  117: ({ sinceMark, top }) => setItems(top, sinceMark()),
  // EMPTY_SET, ADDITEMS, FROZENSET
  143: ({ push }) => push(new Unread()),
  144: ({ sinceMark }) => void sinceMark(),
  145: ({ push, sinceMark }) => push(unread(sinceMark())),
  // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
  113: ({ put, number }) => put(number(1)),
  114: ({ put, number }) => put(number(4)),
  148: ({ put }) => put(),
  104: ({ get, number }) => get(number(1)),
  106: ({ get, number }) => get(number(4)),
  // GLOBAL, STACK_GLOBAL
  99: ({ name, line }) => name([line(), line()].join(".")),
  147: ({ name, pop }) => name([pop(), pop()].reverse().map(asText).join(".")),
  // REDUCE, NEWOBJ: a call, of what the table of names has.
  82: call,
  129: call,
  // BUILD: the attributes of a thing, which no list, dictionary or tensor of ours has.
  98: ({ pop, top }) => {
    pop();
    const built = top();
    if (typeof built !== "object" || built === null) throw new PickleProblem("gives attributes to what has none");
  },
  // BINPERSID
  81: ({ persistent }) => persistent(),
};

function call({ pop, global, push, spend }: Hands): void {
  const given = pop();
  const called = global();
  if (!("call" in called) || !Array.isArray(given)) throw new PickleProblem("calls what is no function");
  // One list may be handed to a thousand calls.
  for (const one of given) if (Array.isArray(one)) spend(one.length);
  push(called.call(given));
}

/** What was passed over. */
function unread(_: unknown): Unread {
  return new Unread();
}

function asText(value: Pickled): string {
  if (typeof value === "string" && value.length <= 200) return value;
  throw new PickleProblem("holds a name that is no text");
}

function append(top: () => Pickled, values: readonly Pickled[]): void {
  const list = top();
  // Whatever else has an `append` is not read.
  if (list instanceof Unread) return;
  if (!Array.isArray(list)) throw new PickleProblem("adds to what is no list");
  for (const value of values) list.push(value);
}

function setItems(top: () => Pickled, pairs: readonly Pickled[]): void {
  const map = top();
  if (map instanceof Unread) return;
  if (!(map instanceof Map) || pairs.length % 2 > 0) throw new PickleProblem("adds to what is no dictionary");
  for (let at = 0; at < pairs.length; at += 2) {
    const key = pairs[at] as Pickled;
    if (typeof key === "string" && map.has(key)) throw new PickleProblem(`sets "${brief(key)}" twice`);
    map.set(key, pairs[at + 1] as Pickled);
  }
}

/** What those are called that are refused. */
export const refusedOpcodes: Readonly<Record<number, string>> = {
  105: "INST",
  111: "OBJ",
  146: "NEWOBJ_EX",
  130: "EXT1",
  131: "EXT2",
  132: "EXT4",
  80: "PERSID",
  73: "INT",
  76: "LONG",
  139: "LONG4",
  70: "FLOAT",
  83: "STRING",
  86: "UNICODE",
  108: "LIST",
  100: "DICT",
  50: "DUP",
  103: "GET",
  112: "PUT",
  150: "BYTEARRAY8",
  151: "NEXT_BUFFER",
  152: "READONLY_BUFFER",
};
