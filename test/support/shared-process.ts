/**
 * Before each file that shares its process with others: it begins as all do, and fails where it leaves the process other
 * than it found it. So no file's result hangs on those before it. What must change its process stands in
 * `test/vitest.config.ts`, and has one of its own.
 */
import * as tf from "@tensorflow/tfjs";
import { afterAll, expect } from "vitest";
import { engineNames, startEngine } from "./engines.js";

// What registers kernels or sets variables when it is first used is there from the beginning, whichever file is the first.
await import("sharp");
for (const name of [...engineNames, "cpu"] as const) await startEngine(name);

const backends = () => Object.keys(tf.engine().registryFactory);

const outside = () => ({ folder: process.cwd(), environment: { ...process.env }, backends: backends() });

const listeners = () => new Map(process.eventNames().map((event) => [event, process.listenerCount(event)]));

const kernels = () =>
  new Map(
    backends()
      .flatMap((name) => tf.getKernelsForBackend(name))
      .map((kernel) => [`${kernel.kernelName} on ${kernel.backendName}`, kernel.kernelFunc]),
  );

const before = { outside: outside(), listeners: listeners(), kernels: kernels() };

// Set first, so run last: after the file's own.
afterAll(() => {
  expect(outside(), "what this file leaves of its process").toEqual(before.outside);
  // What ends late may take one of its own away.
  const added = [...listeners()].filter(([event, count]) => count > (before.listeners.get(event) ?? 0));
  expect(added, "events to which this file leaves listeners").toEqual([]);
  const now = kernels();
  const all = new Set([...before.kernels.keys(), ...now.keys()]);
  const changed = [...all].filter((key) => before.kernels.get(key) !== now.get(key));
  expect(changed, "kernels that this file leaves other than they were").toEqual([]);
});
