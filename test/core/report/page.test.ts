import { describe, expect, test } from "vitest";
import { comparePaired, type ReportedAnswers, type ReportedRun, reportPage } from "../../../core/index.js";
import { html, nameOf } from "../../../core/report/markup.js";
import { kinds, madeUpRun, square } from "./made-up.js";

/** As a reader has it: tags away, one space between words. */
function textOf(page: string): string {
  return page
    .replaceAll(/<(style|svg)[\s\S]*?<\/\1>/g, " ")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ");
}

const headings = (page: string) => [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title);

describe("HTML", () => {
  test("keeps texts texts, in elements and in attributes", () => {
    const name = `<img src=x onerror="alert(1)">&'`;
    const escaped = "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;&#39;";
    expect(html`<p title="${name}">${[name, null, false, 3]}</p>`.markup).toBe(`<p title="${escaped}">${escaped}3</p>`);
    expect(nameOf("a\u202eb\n<c>").markup).toBe("<bdi>a\\u{202e}b\\u{a}&lt;c&gt;</bdi>");
  });
});

describe("the page of a run", () => {
  test("tells what was run, what came of it, how it went, and with what settings", async () => {
    const run = await madeUpRun({ classes: kinds(15), picture: square });
    const page = await reportPage([run]);
    expect(headings(page)).toEqual([
      "What was run",
      "Results",
      "How it went",
      "Most confused",
      "Highest loss",
      "Class by class",
      "Is it as sure as it is right?",
      "Time and memory",
      "Settings",
    ]);
    const text = textOf(page);
    expect(text).not.toContain("where the model found");
    const looked = await reportPage([await madeUpRun({ classes: kinds(15), picture: square, map: square })]);
    expect(textOf(looked)).toContain("Under each image, by cam: where the model found what it answered.");
    const { top1, pairs, calibration } = (run.answers as ReportedAnswers).measures;
    for (const words of [
      "made-up : a method that nobody wrote",
      "15 classes",
      "resnet18 , 11.2 million numbers, 44.8 MB",
      `${top1.accuracy.toFixed(1)} % of 150 test images right`,
      // 163 of 200, by Wilson's formula.
      "81.5 % 75.5 to 86.3 % 83.0 %",
      `${pairs[0]?.label} taken for ${pairs[0]?.answer}`,
      "often mislabelled",
      `calibration error is ${calibration.error.toFixed(1)} %`,
      "1h 02m 7,450 2.0 12.5 %",
      "At most 1.2 GB of memory",
      "seed 7 --seed",
      "batchSize 16 default",
    ])
      expect(text, words).toContain(words);
    expect(page.match(/<svg /g)).toHaveLength(4);
    expect(page).toContain('aria-label="accuracy by epoch: the student 50.0 % → 83.0 %"');
  });

  test("needs nothing else: no script, nothing to load, and a policy that would not let it", async () => {
    const page = await reportPage([await madeUpRun({ classes: kinds(15), picture: square })]);
    expect(page.includes("default-src &#39;none&#39;; img-src data:;")).toBe(true);
    expect(page).not.toMatch(/<script|<link|<iframe|@import|url\(|javascript:/i);
    const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
    expect(addresses.filter((address) => !address?.startsWith("data:"))).toEqual([]);
  });

  test("names of strangers are names, wherever they stand", async () => {
    const evil = `<script>alert("x")</script>`;
    const run = await madeUpRun({
      classes: [evil, `"><img src=x onerror=alert(1)>`, "c"],
      picture: square,
      skill: 0.5,
    });
    const strange: ReportedRun = {
      ...run,
      name: evil,
      preset: { name: evil, summary: evil },
      stages: run.stages.map((stage) => ({ ...stage, title: evil, role: evil })),
      history: run.history.map((epoch) => ({ ...epoch, losses: { [evil]: 1, "b<": 2 } })),
      settings: [{ path: evil, value: { [evil]: evil }, origin: evil }],
      models: [{ name: evil, backbone: evil, parameters: 1, bytes: 1 }],
      warnings: [evil],
      missing: [evil],
    };
    for (const page of [await reportPage([strange]), await reportPage([strange, strange])]) {
      expect(page).not.toMatch(/<script|<img src=x/);
      // No attribute ends early.
      expect(page.replaceAll(/="[^"<>]*"/g, "")).not.toMatch(/onerror=alert\(1\)[^&]/);
      expect(page).toContain("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;");
    }
  });

  test("of 200 classes has a bar and a row for each, the worst first", async () => {
    const run = await madeUpRun({ classes: kinds(200) });
    const page = await reportPage([run]);
    expect(page.match(/accuracy of 6[67] classes/g)).toHaveLength(3);
    const table = page.slice(page.indexOf("All classes as a table"), page.indexOf('id="calibration"'));
    const accuracies = [...table.matchAll(/<tr><th scope="row">.*?<\/tr>/gs)].map(([row]) =>
      Number(/([\d.]+) %<\/td>/.exec(row)?.[1]),
    );
    expect(accuracies).toHaveLength(200);
    expect(accuracies).toEqual([...accuracies].sort((a, b) => a - b));
  });

  test("shows where the model looked beside an image, once somebody has drawn it", async () => {
    const [plain, mapped] = [
      await madeUpRun({ classes: kinds(4), picture: square }),
      await madeUpRun({ classes: kinds(4), picture: square, map: square }),
    ];
    expect(await reportPage([plain])).not.toContain("where the model looked");
    const page = await reportPage([mapped]);
    expect(page.match(/alt="where the model looked/g)?.length).toBe(page.match(/alt="image of/g)?.length);
  });

  test("of a run whose folder has lost all but its settings says what is missing, and nothing else", async () => {
    const run = await madeUpRun({ classes: kinds(4) });
    const bare: ReportedRun = {
      ...run,
      manifest: null,
      stages: [],
      history: [],
      models: [],
      images: {},
      peakMemory: null,
      answers: null,
      missing: ["The photographs are gone."],
    };
    const page = await reportPage([bare]);
    expect(headings(page)).toEqual(["What was run", "To be known", "Settings"]);
    expect(textOf(page)).toContain("The photographs are gone.");
    expect(page).not.toMatch(/NaN|undefined|null|Infinity/);
  });

  test("of an image that cannot be shown has the words", async () => {
    const page = await reportPage([await madeUpRun({ classes: kinds(4) })]);
    expect(page).toContain("no picture of an image of 001.Yellow_throated_Warbler_1");
  });
});

describe("a page of several runs", () => {
  test("sets them beside each other, and says whether chance explains the difference", async () => {
    const [one, other] = [
      await madeUpRun({ name: "runs/a", classes: kinds(15), skill: 1 }),
      await madeUpRun({ name: "runs/b", classes: kinds(15), skill: 4 }),
    ];
    const labels = Int32Array.from({ length: 150 }, (_, at) => at % 15);
    // 30 that only the second gets right, 10 that only the first does.
    const wrong = labels.map((label) => (label + 1) % 15);
    const answers = (isRight: (at: number) => boolean) =>
      labels.map((label, at) => (isRight(at) ? label : (wrong[at] as number)));
    const compared = comparePaired({
      labels,
      first: answers((at) => at < 50),
      second: answers((at) => at >= 10 && at < 80),
    });
    const page = await reportPage(
      [one, { ...other, settings: [{ path: "seed", value: 8, origin: "--seed" }] }],
      [{ ...compared, first: 0, second: 1, adjustedP: compared.p }],
    );
    const text = textOf(page);
    expect(text).toContain("Beside runs/a , on the same 150 images");
    expect(text).toContain("runs/b +13.3");
    expect(text).toContain("30 : 10 0.002 better");
    expect(text).toContain("Where runs/b differs most");
    expect(text).toContain("settings in which they differ");
    expect(page.match(/<details class="run">/g)).toHaveLength(2);
  });
});
