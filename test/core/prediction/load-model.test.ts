import { copyFileSync, cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  encodeSafetensors,
  findModels,
  type GivenImage,
  type LoadedModel,
  type LoadModelOptions,
  loadModel,
  readSafetensors,
} from "../../../core/index.js";
import { decodeImage } from "../../../plugins/data/index.js";
import { alone, createHome, type Home, members, plugins, trained } from "./pictures.js";

let home: Home;
let run = "";
let ensemble = "";
let model: LoadedModel;
beforeAll(async () => {
  home = await createHome();
  run = await trained(home, alone);
  ensemble = await trained(home, members);
  model = await loadModel(run, { plugins, engine: null });
}, 60_000);
afterAll(async () => {
  await model.dispose();
  home.remove();
});

/** A model that goes with the test. */
async function load(path: string, options: LoadModelOptions = {}) {
  const model = await loadModel(path, { plugins, engine: null, ...options });
  onTestFinished(() => model.dispose());
  return model;
}

const photo = (name: string) => join(home.photos, "test", name);

describe("a loaded model", () => {
  test("knows its classes and its images, and says of each image all classes, the most probable first", async () => {
    expect(model.classes).toEqual(["finch", "wren"]);
    expect(model.input).toMatchObject({ resize: 20, crop: 16, mean: [0.4, 0.5, 0.6] });
    const answers = await model.predict([photo("finch/0.png"), photo("wren/1.jpeg")]);
    expect(answers).toHaveLength(2);
    for (const guesses of answers) {
      expect(guesses.map(({ label }) => label).sort()).toEqual(["finch", "wren"]);
      const [first, second] = guesses.map(({ probability }) => probability) as [number, number];
      expect(first).toBeGreaterThanOrEqual(second);
      expect(first + second).toBeCloseTo(1, 12);
    }
    expect(await model.predict([photo("wren/1.jpeg")], { top: 1 })).toEqual([answers[1]?.slice(0, 1)]);
  });

  test("needs nothing but the path: the plugins are those that fgkd brings", async () => {
    const other = await loadModel(run, { engine: null });
    onTestFinished(() => other.dispose());
    expect(other.input).toEqual(model.input);
  });

  test("answers the same whether it is given a path, a file's bytes, or its pixels", async () => {
    const path = photo("wren/3.jpeg");
    const [one, ...others] = await model.predict([path, readFileSync(path), await decodeImage(path)]);
    expect(others).toEqual([one, one]);
    const pixels = await decodeImage(readFileSync(path));
    expect(pixels).toEqual(await decodeImage(path));
  });

  test("is the same from a run, from its file, and from that file anywhere", async () => {
    const [inside, anywhere] = [join(run, "models/student.safetensors"), join(home.path, "taken.safetensors")];
    copyFileSync(inside, anywhere);
    const image = [photo("finch/1.jpeg")];
    const [answer] = await model.predict(image);
    expect(await (await load(inside)).predict(image)).toEqual([answer]);
    // By itself a file says what the network sees, and not that a stage normalised it otherwise before: last bits may differ.
    const [other] = await (await load(anywhere)).predict(image);
    expect(other?.[0]?.label).toBe(answer?.[0]?.label);
    expect(other?.[0]?.probability).toBeCloseTo(answer?.[0]?.probability as number, 5);
  });

  test("keeps nothing from call to call, and frees its own when it is disposed of", async () => {
    const before = tf.memory().numTensors;
    const model = await loadModel(run, { plugins, engine: null });
    const ask = () => model.predict([photo("finch/0.png"), photo("finch/1.jpeg")]);
    const first = await ask();
    const held = tf.memory().numTensors;
    for (let call = 0; call < 20; call++) expect(await ask()).toEqual(first);
    expect(tf.memory().numTensors).toBe(held);
    await model.dispose();
    await model.dispose();
    expect(tf.memory().numTensors).toBe(before);
    await expect(ask()).rejects.toThrow("this model was disposed of. Load it again.");
  });

  test("reads no more images ahead than a few batches, however many there are", async () => {
    let [asked, answered, most] = [0, 0, 0];
    function* many() {
      for (; asked < 60; asked++) yield photo("finch/0.png");
    }
    for await (const { guesses } of model.stream(many())) {
      most = Math.max(most, asked - answered++);
      expect(guesses).toHaveLength(2);
    }
    expect(answered).toBe(60);
    // A thread and what is ready: three batches of four, and the one that is answered.
    expect(most).toBeLessThanOrEqual(16);
  });

  test("goes on after what cannot be read in a stream, and throws for it where answers are a list", async () => {
    const images: GivenImage[] = [
      photo("finch/0.png"),
      new Uint8Array([1, 2, 3]),
      join(home.path, "gone.jpg"),
      photo("wren/0.png"),
    ];
    const found = [];
    for await (const { problem, guesses } of model.stream(images)) found.push(problem ?? guesses);
    const [first, last] = await model.predict([photo("finch/0.png"), photo("wren/0.png")]);
    expect(first).not.toEqual(last);
    expect(found).toEqual([first, "is not a JPEG, PNG, WebP or GIF image", "is not there", last]);
    await expect(model.predict(images)).rejects.toThrow(
      "FGKD_BAD_IMAGE image 2: is not a JPEG, PNG, WebP or GIF image. Leave it out, or use stream().",
    );
    const wrong = { width: 2, height: 2, data: new Uint8Array(4) };
    await expect(model.predict([wrong])).rejects.toThrow('option "images" must be a path, the bytes of a file, or');
    await expect(model.predict([], { top: 0 })).rejects.toThrow(
      'option "top" must be a whole number from 1, received 0',
    );
    expect(await model.predict([])).toEqual([]);
  });

  test("of several members is their merged answer, in shares of a whole whatever the ensembler gives", async () => {
    const images = [photo("finch/0.png"), photo("wren/1.jpeg")];
    const ask = async (path: string, options: LoadModelOptions) => {
      const [answer] = await (await load(path, options)).predict(images);
      return Object.fromEntries(answer?.map(({ label, probability }) => [label, probability]) ?? []);
    };
    const [one, two] = [await ask(ensemble, { roles: ["member-1"] }), await ask(ensemble, { roles: ["member-2"] })];
    const mean = await ask(ensemble, { ensembler: { name: "mean-probabilities" } });
    expect(mean.finch).toBeCloseTo(((one.finch as number) + (two.finch as number)) / 2, 6);
  });
});

describe("loading a model", () => {
  test("takes the weights that the run's tests saw, unless told which", async () => {
    const named = (path: string, asked?: readonly string[]) => findModels(path, asked).map(({ name }) => name);
    expect(named(run)).toEqual(["student"]);
    expect(named(run, ["student@ema"])).toEqual(["student-ema"]);
    const averaged = join(home.path, "averaged");
    cpSync(run, averaged, { recursive: true });
    const config = JSON.parse(readFileSync(join(averaged, "config.json"), "utf8"));
    config.resolved.stages.student.evaluation.weights = "ema";
    writeFileSync(join(averaged, "config.json"), JSON.stringify(config));
    expect(named(averaged)).toEqual(["student-ema"]);
    expect(named(averaged, ["student@raw"])).toEqual(["student"]);
    // A run that goes on has no result yet.
    rmSync(join(averaged, "result.json"));
    expect(named(averaged)).toEqual(["student-ema"]);
  });

  test("takes every member of an ensemble, also where no more than the models of a run were copied", () => {
    const copied = join(home.path, "copied");
    cpSync(join(ensemble, "models"), join(copied, "models"), { recursive: true });
    for (const path of [ensemble, copied])
      expect(findModels(path).map(({ role }) => role)).toEqual(["member-1", "member-2"]);
  });

  test("of a run that goes on waits for every member", () => {
    const going = join(home.path, "going");
    cpSync(ensemble, going, { recursive: true });
    for (const file of ["result.json", "models/member-2.safetensors"]) rmSync(join(going, file));
    expect(() => findModels(going)).toThrow("holds member-1, and no member-2 yet; the run has not ended. Finish it");
    writeFileSync(join(going, "result.json"), '{ "stages": [{ "stage": 1 }] }');
    expect(() => findModels(going)).toThrow(/FGKD_CORRUPT_FILE \S+result\.json: is not as fgkd wrote it/);
  });

  test("refuses what is no model of a run, with a way out", async () => {
    await expect(load(join(home.path, "nothing"))).rejects.toThrow(
      "there is no such file or folder. Give the folder of a run, or a file of its models/.",
    );
    await expect(load(run, { roles: ["techer"] })).rejects.toThrow('no model role is registered as "techer"');
    await expect(load(run, { roles: ["../student"] })).rejects.toThrow('no model role is registered as "../student"');
    const { tensors } = readSafetensors(join(run, "models/student.safetensors"));
    const stripped = join(home.path, "stripped.safetensors");
    for (const [about, lack] of [
      [{}, "does not say what network it is of"],
      [{ backbone: { name: "resnet" } }, "does not say what images it is for"],
      [{ backbone: { name: "resnet" }, input: { size: 16 } }, "is of a network that makes images"],
      [{ backbone: { name: "resnet" }, input: { resize: 16, crop: 16 } }, "does not name its classes"],
      [{ backbone: { name: "resnot" }, input: { resize: 16, crop: 16 }, classes: ["a", "b"] }, 'as "resnot"'],
      [{ role: "../student" }, 'the model role "../student"'],
    ] as const) {
      const bytes = encodeSafetensors({ tensors, metadata: { fgkd: JSON.stringify(about) } });
      writeFileSync(stripped, Buffer.concat([...bytes]));
      await expect(load(stripped), lack).rejects.toThrow(lack);
    }
  });

  test("says in the file what pictures go through where the run lists transforms", async () => {
    const test = [{ name: "resize", fit: "warp" }, { name: "center-crop" }];
    const warped = await trained(home, alone, { input: { transforms: { test } } } as never, "warped");
    const file = join(home.path, "warped.safetensors");
    copyFileSync(join(warped, "models/student.safetensors"), file);
    expect((await load(file)).input.transforms).toEqual({ test });
  });
});
