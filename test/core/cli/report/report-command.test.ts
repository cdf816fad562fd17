/** `fgkd report`, and the page that a run leaves, on toy runs: what is in the page itself, test/core/report has. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { averagedWeights } from "../../../../plugins/optimizers/index.js";
import { createWorld, toyEnsemble, toyPreset, type World } from "../world.js";

const inRun = (world: World, ...path: string[]) => join(world.cwd, "runs/toy-1", ...path);
const pageOf = (world: World, ...path: string[]) =>
  readFile(inRun(world, ...(path.length > 0 ? path : ["report.html"])), "utf8");
const headings = (page: string) => [...page.matchAll(/<h[23]>(.*?)<\/h[23]>/g)].map(([, title]) => title);
const about = (page: string, words: string) => expect(page.includes(words), words).toBe(true);

describe("a run that has ended", () => {
  test("leaves a page about it, which fgkd report writes again, the same but for its name", async () => {
    const world = await createWorld();
    expect(await world.fgkd("--preset toy --set report=true --seed 3"), world.err).toBe(0);
    // Where the run is comes before the page, which whoever presses Ctrl-C does not wait for.
    expect(world.out).toMatch(/^The run is in runs\/toy-1\..*\n.*\nA page about it: runs\/toy-1\/report\.html$/m);
    const page = await pageOf(world);
    for (const title of ["What was run", "Results", "How it went", "Class by class", "Time and memory", "Settings"])
      expect(headings(page)).toContain(title);
    about(page, "a linear student and its teacher");
    about(page, "test images right");
    about(page, "<bdi>--seed</bdi>");
    about(page, "of memory were in use");
    await rm(inRun(world, "report.html"));
    expect(await world.fgkd("report runs/toy-1"), world.err).toBe(0);
    expect(world.out).toContain("The page is runs/toy-1/report.html.");
    expect((await pageOf(world)) === page).toBe(true);
  });

  test("is trained as without one, and leaves none where the settings say so", async () => {
    const [plain, world] = [await createWorld(), await createWorld()];
    await plain.fgkd("--preset toy --quiet --set report=false");
    await world.fgkd("--preset toy --quiet --set report=true");
    await expect(pageOf(plain)).rejects.toThrow("ENOENT");
    expect(plain.out).not.toContain("A page about it");
    for (const file of ["models/student.safetensors", "metrics.jsonl"])
      expect(await readFile(inRun(world, file))).toEqual(await readFile(inRun(plain, file)));
    const stagesOf = async (of: World) => JSON.parse(await readFile(inRun(of, "result.json"), "utf8")).stages;
    expect(await stagesOf(world)).toEqual(await stagesOf(plain));
  });

  test("has not failed where the page cannot be written", async () => {
    const world = await createWorld();
    await mkdir(inRun(world, "report.html"), { recursive: true });
    expect(await world.fgkd("--preset toy --set report=true --out runs/toy-1"), world.err).toBe(0);
    expect(world.err).toContain("warning The page about the run could not be written, and the run is whole without it");
    expect(world.out).not.toContain("A page about it");
  });

  test("tells of an ensemble by what its members say together", async () => {
    const world = await createWorld({ presets: [toyEnsemble] });
    expect(await world.fgkd("--preset toy-ensemble --quiet --set report=true"), world.err).toBe(0);
    about(await pageOf(world, "../toy-ensemble-1/report.html"), "mean-logits of member-1, member-2");
  });
});

describe("a run that was tested with averaged weights", () => {
  test("is told of by these, at its end as by fgkd report", async () => {
    const averaged = { ...toyPreset, plugins: [...toyPreset.plugins, averagedWeights()] };
    const world = await createWorld({ presets: [averaged] });
    const line = "--preset toy --quiet --set report=true --set evaluation.weights=ema";
    expect(await world.fgkd(line), world.err).toBe(0);
    const page = await pageOf(world);
    about(page, "test images right:\n    <bdi>student-ema</bdi>");
    expect(await world.fgkd("report runs/toy-1"), world.err).toBe(0);
    expect((await pageOf(world)) === page).toBe(true);
  });
});

describe("fgkd report", () => {
  test("of a run whose data is gone tells what its folder has, and what is missing", async () => {
    const world = await createWorld();
    await world.fgkd("--preset toy --quiet");
    const config = JSON.parse(await readFile(inRun(world, "config.json"), "utf8"));
    config.layers.push({ origin: "gone", config: { data: { name: "folder", path: join(world.cwd, "nowhere") } } });
    await writeFile(inRun(world, "config.json"), JSON.stringify(config));
    expect(await world.fgkd("report runs/toy-1"), world.err).toBe(0);
    const page = await pageOf(world);
    expect(headings(page)).toEqual([
      "What was run",
      "To be known",
      "Results",
      "How it went",
      "Time and memory",
      "Settings",
    ]);
    about(page, "Its models were not asked");
    expect(world.err).toContain("runs/toy-1: its models are not asked: FGKD_PATH");
  });

  test("of a run in the midst of which somebody has edited says so", async () => {
    const world = await createWorld();
    await world.fgkd("--preset toy --quiet");
    await writeFile(inRun(world, "metrics.jsonl"), "{}\n");
    await writeFile(inRun(world, "result.json"), '{"stages": 3}');
    expect(await world.fgkd("report runs/toy-1"), world.err).toBe(0);
    const page = await pageOf(world);
    about(page, "metrics.jsonl cannot be read");
    about(page, "result.json cannot be read");
  });

  test("keeps what the run warned of", async () => {
    const world = await createWorld({
      presets: [
        {
          ...toyPreset,
          plugins: [...toyPreset.plugins, { name: "worried", apply: ({ logger }) => logger.warn("Mind <the> gap.") }],
        },
      ],
    });
    await world.fgkd("--preset toy --quiet --set report=true");
    for (const line of [undefined, "report runs/toy-1"]) {
      if (line !== undefined) await world.fgkd(line);
      about(await pageOf(world), "<li>Mind &lt;the&gt; gap.</li>");
    }
  });

  test("sets several runs beside each other, in a file of its own", async () => {
    const world = await createWorld();
    await world.fgkd("--preset toy --quiet");
    await world.fgkd("--preset toy --quiet --seed 5");
    expect(await world.fgkd("report runs/toy-1 runs/toy-2 --out both.html"), world.err).toBe(0);
    const page = await readFile(join(world.cwd, "both.html"), "utf8");
    about(page, "on the same 6 images");
    about(page, "McNemar");
    expect(page.match(/<details class="run">/g)).toHaveLength(2);
    expect(await world.fgkd("report runs/toy-1 runs/toy-2"), world.err).toBe(0);
    expect(world.out).toContain("The page is runs/toy-1/comparison.html.");
  });

  test("refuses what is no run, and a page that is not called one", async () => {
    const world = await createWorld();
    await mkdir(join(world.cwd, "empty"));
    expect(await world.fgkd("report empty")).toBe(1);
    expect(world.err).toMatch(/FGKD_PATH \S*empty: holds no run/);
    await world.fgkd("--preset toy --quiet");
    expect(await world.fgkd("report runs/toy-1 --out models/student.safetensors")).toBe(1);
    expect(world.err).toContain("is no name of a page");
    expect(await world.fgkd("report runs/toy-1 --role techer")).toBe(1);
    expect(world.err).toContain('no model role is registered as "techer"');
  });
});
