/** What a user's process does with what nobody caught is the user's. */
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startWasm } from "../../../../plugins/engines/wasm/index.js";
import { keepingListeners, withoutLoaderListeners } from "../../../../plugins/engines/wasm/listeners.js";

const events = ["uncaughtException", "unhandledRejection"] as const;
const listening = () => events.map((event) => [...process.rawListeners(event)]);
const mine = () => {};
let original: ReturnType<typeof listening>;

beforeEach(() => {
  original = listening();
  for (const event of events) process.on(event, mine);
});

afterEach(() => {
  for (const [index, event] of events.entries()) {
    process.removeAllListeners(event);
    for (const listener of original[index] ?? []) process.on(event, listener as () => void);
  }
});

test("starting the engine leaves no listener behind, and stopping it takes none away", async () => {
  const before = listening();
  await startWasm();
  expect(listening()).toEqual(before);
  process.once("uncaughtException", mine);
  const added = listening();
  tf.removeBackend("wasm");
  expect(listening()).toEqual(added);
});

test("who begins to listen while the engine starts goes on listening", async () => {
  const other = () => {};
  await withoutLoaderListeners(async () => {
    process.on("uncaughtException", other);
    process.on("unhandledRejection", (reason) => {
      throw reason;
    });
  });
  expect(process.listeners("uncaughtException")).toContain(other);
});

test("a listener that the loader takes away is put back, once", () => {
  keepingListeners(() => process.removeListener("uncaughtException", mine));
  expect(process.listeners("uncaughtException").filter((listener) => listener === mine)).toHaveLength(1);
});
