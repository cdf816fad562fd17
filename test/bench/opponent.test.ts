import { describe, expect, test } from "vitest";
import { findPeer } from "./opponent.js";

describe("a peer's Python", () => {
  test("that is in no such folder is told as lacking, and nothing is made there", () => {
    expect(findPeer("chroot /nowhere/at/all python3").lacks).toMatch(/\/nowhere\/at\/all|is not there/);
  });

  test("that does not start is told as lacking", () => {
    expect(findPeer("no-such-python").lacks).toMatch(/no-such-python|is not there/);
  });
});
