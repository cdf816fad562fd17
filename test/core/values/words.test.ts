import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FgkdError, named, namedList, printable, shellWord, visible } from "../../../core/index.js";
import { cases } from "../../support/cases.js";

const esc = "\u001b";
/** What no name may bring to a terminal. */
const hostile = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;

describe("a name of a stranger", () => {
  test.each([
    ["a title and a cleared screen", `${esc}]0;PWNED\u0007${esc}[2J`, "\\u{1b}]0;PWNED\\u{7}\\u{1b}[2J"],
    ["a line of its own", "bee\nFGKD all is fine", "bee\\u{a}FGKD all is fine"],
    ["a carriage that returns", "bee\rant", "bee\\u{d}ant"],
    ["eight-bit sequences", "\u009b2Jbee", "\\u{9b}2Jbee"],
    ["text turned around", "\u202egpj.exe\u2066", "\\u{202e}gpj.exe\\u{2066}"],
    ["what is not seen", "be\u200be\ufeff", "be\\u{200b}e\\u{feff}"],
    ["lines as Unicode has them", "a\u2028b\u2029c", "a\\u{2028}b\\u{2029}c"],
  ])("shows %s as it is written", (_, name, shown) => expect(named(name)).toBe(shown));

  test("keeps the letters of every language, and joined ones", () => {
    for (const name of ["Große Königslibelle", "蝴蝶", "نام‌ها", "👩‍🔬", "e\u0301"]) expect(named(name)).toBe(name);
  });

  test("takes no more than 120 characters, of which the last are the name's", () => {
    const shown = named(`${"A".repeat(4e6)}.weight`);
    expect(shown).toHaveLength(120);
    expect(shown).toMatch(/^A+…A+\.weight$/);
    expect(named(esc.repeat(4e6)).length).toBeLessThanOrEqual(120);
  });

  test("stands in a list of a few, which says how many more there are", () => {
    expect(namedList(["a", "b\n", "c", "d"], 2)).toBe("a, b\\u{a} and 2 more");
    expect(namedList(["a", "b"], 2)).toBe("a, b");
    expect(namedList(Array.from({ length: 1000 }, () => "x".repeat(1000))).length).toBeLessThan(800);
  });
});

describe("a message", () => {
  test("has no line that looks like one of fgkd's but its first", () => {
    expect(printable("a\nFGKD_PATH b\n  c\twarning")).toBe("a\n  FGKD_PATH b\n  c\twarning");
    expect(new FgkdError("FGKD_PATH", "x\nwarning y").message).toBe("FGKD_PATH x\n  warning y");
  });

  test("fills no screen, whether with one word or with many", () => {
    expect(printable(`file ${"A".repeat(4e6)} is broken`)).toMatch(/^file A{300,}…A+ is broken$/);
    expect(printable("word ".repeat(1e6)).length).toBeLessThan(4100);
  });

  test("has nothing that moves a cursor, whatever stands in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text).replaceAll(/[\n\t]/g, "")).not.toMatch(hostile);
        expect(named(text)).not.toMatch(hostile);
        expect(visible(text, false).replaceAll(/[\n\t]/g, "")).not.toMatch(hostile);
      }),
      cases("words: any text"),
    );
  });
});

describe("what fgkd prints", () => {
  test("keeps colours where there are any, and nothing else", () => {
    const text = `${esc}[1m56 %${esc}[22m ${esc}[2J${esc}[8`;
    expect(visible(text, true)).toBe(`${esc}[1m56 %${esc}[22m \\u{1b}[2J\\u{1b}[8`);
    expect(visible(text, false)).not.toContain(esc);
  });
});

describe("a path in a proposed command", () => {
  test.each(["runs/dadkd-1", "/data/it's here", "my run", "$(date)", "a;b", "ä ö"])(
    "is one word of a shell, and that path: %s",
    (path) => {
      expect(execFileSync("sh", ["-c", `printf %s ${shellWord(path)}`], { encoding: "utf8" })).toBe(path);
    },
  );

  test("is left as it is where nothing stands in the way", () => {
    expect(shellWord("runs/dadkd-1")).toBe("runs/dadkd-1");
  });
});
