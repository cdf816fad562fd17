import { describe, expect, test } from "vitest";
import type { FolderOptions } from "../../../plugins/data/index.js";
import { classFolders, folderWith, openFolder } from "./support.js";

const tree = await classFolders(["train", "test"], ["crow", "gull", "raven"], 2);
const taxonomy = "class,family,order\nraven,corvids,songbirds\ncrow,corvids,songbirds\ngull,larids,shorebirds\n";

async function open(text: string, options: Omit<FolderOptions, "path"> = {}) {
  return openFolder(await folderWith({ ...tree, "taxonomy.csv": text }), options);
}

/** What refuses a taxonomy, without the folder's name. */
async function refusal(text: string, options: Omit<FolderOptions, "path"> = {}): Promise<string> {
  return open(text, options).then(
    () => "opened",
    ({ message }: Error) => message.replaceAll(/\/\S*fgkd-data-\w+/g, "ROOT"),
  );
}

describe("a taxonomy.csv beside the data", () => {
  test("gives each class its groups, in label order whatever the file's order is", async () => {
    const { classes, ranks } = await open(`\ufeff${taxonomy.replaceAll("\n", "\r\n")}`);
    expect(classes).toEqual(["crow", "gull", "raven"]);
    expect(ranks).toEqual({
      family: ["corvids", "larids", "corvids"],
      order: ["songbirds", "shorebirds", "songbirds"],
    });
  });

  test("changes no byte of the fingerprint, since no label changes", async () => {
    const plain = await openFolder(await folderWith(tree));
    expect(plain.ranks).toBeUndefined();
    expect((await open(taxonomy)).fingerprint).toBe(plain.fingerprint);
  });

  test("may know more classes than the data has", async () => {
    expect((await open(`${taxonomy}dodo,pigeons,doves\n`)).ranks?.family).toHaveLength(3);
  });

  test("is refused where it lacks a class, has one twice, or has no group for one", async () => {
    expect(await refusal("class,family\ncrow,corvids\n")).toContain(
      "has no line for gull, raven. Every class needs one",
    );
    expect(await refusal(`${taxonomy}crow,x,y\n`)).toContain('class "crow" has two lines. Remove one of them.');
    expect(await refusal(taxonomy.replace("larids", ""))).toContain(
      'class "gull" has no family. Name its group there.',
    );
    expect(await refusal("name;group\ncrow;x\n")).toContain('its first line is "name,group". Begin with: class,family');
  });
});

describe("a rank in place of the classes", () => {
  test("makes its groups the classes, and keeps the ranks above", async () => {
    const source = await open(taxonomy, { rank: "family" });
    expect(source.classes).toEqual(["corvids", "larids"]);
    expect(source.ranks).toEqual({ order: ["songbirds", "shorebirds"] });
    expect(source.classCounts?.("train")).toEqual([4, 2]);
  });

  test("drops the ranks below, which are no groups of its own", async () => {
    const finer = taxonomy.replace("crow,corvids", "crow,crows");
    expect((await open(finer, { rank: "order" })).ranks).toBeUndefined();
  });

  test("is part of the fingerprint: another grouping is other data", async () => {
    const one = await open(taxonomy, { rank: "family" });
    const other = await open(taxonomy.replace("crow,corvids", "crow,larids"), { rank: "family" });
    expect(other.fingerprint).not.toBe(one.fingerprint);
  });

  test("is refused where the file does not know it, or is not there", async () => {
    expect(await refusal(taxonomy, { rank: "genus" })).toContain('must be one of family, order, received "genus"');
    const bare = openFolder(await folderWith(tree), { rank: "genus" });
    await expect(bare).rejects.toThrow("has no taxonomy.csv");
  });
});
