/** Adds the tensor matchers of `fgkd/testing` to vitest's `expect`. Import it for its effect. */
import { expect } from "vitest";
import { type TensorMatchers, tensorMatchers } from "../../core/testing/index.js";

declare module "vitest" {
  interface Matchers<T> extends TensorMatchers<T> {}
}

expect.extend(tensorMatchers);
