/** SIGKILL at random moments, in every preset, on every engine that runs here: what comes out must not know of it. */
import { watch } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from "vitest";
import { createRandom, type Random } from "../../core/index.js";
import * as shipped from "../../presets/index.js";
import { engineNames, hasOnednn } from "../support/engines.js";
import { type Counted, writePassList } from "./pass-list.js";
import { type Ended, fgkd, outcome, requireBuild, whenPrinted } from "./process.js";
import { tinyConfig } from "./tiny.js";

/** Kills a preset, over all engines, and the seed of their moments: `FGKD_KILLS=20 FGKD_KILL_SEED=7 npm run test:kill`. */
const kills = Number(process.env.FGKD_KILLS ?? 3);
const seed = process.env.FGKD_KILL_SEED ?? String(process.hrtime.bigint() % 1_000_000n);

/** A run that is killed more often than this is let come to its end, so that there is an end to compare. */
const mostPerRun = 5;

/** What went wrong is to be looked at: the folders of what failed stay. */
let keepsFolders = false;
let cwd = "";

beforeAll(async () => {
  requireBuild();
  cwd = await mkdtemp(join(tmpdir(), "fgkd-kill-"));
  console.log(`moments of the kills: FGKD_KILL_SEED=${seed}`);
});
afterAll(async () => {
  if (!keepsFolders) await rm(cwd, { recursive: true, force: true });
  if (process.env.FGKD_PASS_LIST === "write") await writePassList(counted, seed);
});

/** Other weights of the loop of `dfkd-generator`, which is killed everywhere: one engine each is enough, in turns. */
const sameLoop = ["dafl", "zskt", "dfad", "dfq", "cmi"];

/** The four papers are killed in bf16, too. */
const inBf16 = "onednn in bf16";
const papers = ["dadkd", "or-ensemble", "deit-convnext", "dfkd-generator"];

const cases = Object.values(shipped).flatMap((preset) => {
  const place = sameLoop.indexOf(preset.name);
  const engines = place < 0 ? engineNames : [engineNames[place % engineNames.length] as (typeof engineNames)[number]];
  const each = Math.ceil(kills / engines.length);
  const more = hasOnednn && papers.includes(preset.name) ? [inBf16] : [];
  return [...engines, ...more].map((engine) => [preset.name, engine, each, preset] as const);
});

/** Every case from the start, so that one that does not come to its end is in the list, too. */
const counted: readonly Counted[] = cases.map(([preset, engine, asked]) => {
  return { preset, engine, asked, tried: 0, passed: 0 };
});

describe(`killed ${kills} times`, { timeout: 1_800_000 }, () => {
  test.each(cases)("%s on %s ends with the bytes of a run that was let be", async (name, engine, each, preset) => {
    const config = join(cwd, `${name}.json`);
    await writeFile(config, JSON.stringify(tinyConfig(preset)));
    const start = ["--preset", name, "--config", config, ...engineWords(engine)];
    const whole = join(cwd, `${name}-${engine}`);
    const began = performance.now();
    const { code, err } = await fgkd([...start, "--out", whole], { cwd });
    // What a generator makes after a dozen steps is not healthy, and may be called so.
    const complaints = err
      .split("\n")
      .filter((line) => line !== "" && !/^warning stage "(warmup|generator)"/.test(line));
    expect({ code, complaints }).toEqual({ code: 0, complaints: [] });
    const duration = performance.now() - began;
    const random = createRandom(`${seed}/${name}/${engine}`);
    const moments: string[] = [];
    onTestFailed(() => {
      keepsFolders = true;
      console.log(
        `${name} on ${engine}: FGKD_KILL_SEED=${seed}, run folders ${whole} (let be) and ${whole}-N\n${moments.join("\n")}`,
      );
    });
    const count = counted.find((entry) => entry.preset === name && entry.engine === engine) as Counted;
    for (let runs = 0; count.tried < each; runs++) {
      const out = join(cwd, `${name}-${engine}-${runs}`);
      await mkdir(out);
      const hits = await killAndResume(start, out, Math.min(mostPerRun, each - count.tried), async (words) => {
        const ended = await killed(words, out, duration, random, moments);
        if (ended.signal === "SIGKILL") count.tried += 1;
        return ended;
      });
      expect(outcome(out)).toEqual(outcome(whole));
      count.passed += hits;
      await rm(out, { recursive: true });
    }
    await rm(whole, { recursive: true });
  });
});

function engineWords(engine: string): readonly string[] {
  return engine === inBf16 ? ["--engine", "onednn", "--set", "engine.precision=bf16"] : ["--engine", engine];
}

/** One run, killed up to so many times. @returns how many kills met it alive */
async function killAndResume(
  start: readonly string[],
  out: string,
  most: number,
  runAndKill: (words: readonly string[]) => Promise<Ended>,
) {
  let hits = 0;
  for (let sitting = 0; ; sitting++) {
    // A folder without a run is one that was killed before it had begun.
    const words = sitting > 0 && (await holdsRun(out)) ? ["--resume", out] : [...start, "--out", out];
    const ended = hits < most ? await runAndKill(words) : await fgkd(words, { cwd });
    if (ended.signal === "SIGKILL") hits += 1;
    else expect(ended, `${ended.out}\n${ended.err}`).toMatchObject({ code: 0 });
    if (ended.code === 0) return hits;
  }
}

async function holdsRun(out: string): Promise<boolean> {
  const { access } = await import("node:fs/promises");
  return access(join(out, "config.json")).then(
    () => true,
    () => false,
  );
}

/**
 * Any moment of the process; any moment of its training; or the moment in which a file of the run folder changes.
 *
 * @param moments is told which
 */
function killed(
  words: readonly string[],
  out: string,
  duration: number,
  random: Random,
  moments: string[],
): Promise<Ended> {
  const kind = random.integer(5);
  const draw = random.next();
  const after = (share: number) => `${(share * draw * duration).toFixed(0)} ms after its`;
  const when =
    kind === 0 ? `${after(1)} start` : kind < 3 ? `${after(0.5)} first step` : `at change ${Math.ceil(draw * 60)}`;
  moments.push(`fgkd ${words.join(" ")}: SIGKILL ${when}`);
  return fgkd(words, {
    cwd,
    meanwhile: (child) => {
      const kill = () => void child.kill("SIGKILL");
      if (kind === 0) setTimeout(kill, draw * duration).unref();
      else if (kind < 3) whenPrinted(child, /^run /m, () => void setTimeout(kill, draw * 0.5 * duration).unref());
      else {
        let changes = Math.ceil(draw * 60);
        const watching = watch(out, { recursive: true }, () => {
          if (--changes === 0) kill();
        });
        child.on("close", () => watching.close());
      }
    },
  });
}
