/** The compiled passes of resample.wat, and their memory. */
import { resampleModule } from "./resample-module.js";

/** What is used of the standard's interface: Node.js has it, its types do not. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** `height` and `width` count pixels; the other numbers are addresses in `memory` and lengths in bytes. */
export interface Passes {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  rows(from: number, rowBytes: number, height: number, to: number, width: number, filter: number, stride: number): void;
  columns(from: number, rowBytes: number, to: number, height: number, filter: number, stride: number): void;
}

const PAGE = 2 ** 16;

/** In bytes: memory does not shrink, so that after a huge picture another one takes its place. */
const KEPT = 2 ** 25;

let compiled: object | undefined;
let passes: Passes | undefined;

/** The passes with that many bytes of memory, or more. What lies there is of no meaning. */
export function passesWith(bytes: number): Passes {
  if (passes && passes.memory.buffer.byteLength > Math.max(bytes, KEPT)) passes = undefined;
  passes ??= start();
  const missing = bytes - passes.memory.buffer.byteLength;
  if (missing > 0) passes.memory.grow(Math.ceil(missing / PAGE));
  return passes;
}

function start(): Passes {
  compiled ??= new WebAssembly.Module(Buffer.from(resampleModule, "base64"));
  return new WebAssembly.Instance(compiled).exports as Passes;
}
