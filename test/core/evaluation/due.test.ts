import { expect, test } from "vitest";
import { countDue, isDue } from "../../../core/evaluation/settings.js";

test.each([
  [10, { every: 3, last: 2 }],
  [10, { every: 1, last: 10 }],
  [4, { every: 7, last: 1 }],
  [3, { every: 2, last: 10 }],
  [5, { every: 0, last: 10 }],
  [0, { every: 1, last: 1 }],
])("as many of %i epochs are measured as are due, one by one: %j", (epochs, evaluation) => {
  const due = Array.from({ length: epochs }, (_, epoch) => isDue(epoch, epochs, evaluation)).filter(Boolean);
  expect(countDue(epochs, evaluation)).toBe(due.length);
});
