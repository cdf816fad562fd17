import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderSchema } from "../../../../plugins/data/folder/options.js";
import { list, readList } from "../../../../plugins/data/sets/list.js";
import { readSet } from "../../../../plugins/data/sets/read-set.js";
import { folderWith } from "../support.js";
import { linesOf, read, recognises, refusal } from "./support.js";

const images = { "img/a.jpg": "", "img/b.jpg": "", "img/c.jpg": "", "img/d.jpg": "" };
const rows = [
  ["a.jpg", "wren", "train"],
  ["b.jpg", "owl", "train"],
  ["c.jpg", "wren", "test"],
  ["d.jpg", "owl", "test"],
] as const;
const train = ["wren img/a.jpg", "owl img/b.jpg"];
const tests = ["wren img/c.jpg", "owl img/d.jpg"];

const numbered = (names: readonly string[], first = 0) =>
  rows.map(([path, name, split]) => [path, names.indexOf(name) + first, name, split] as const);

function written(header: string | null, mark = ",", end = "\n"): string {
  return [...(header === null ? [] : [header]), ...rows.map((row) => row.join(mark))].join(end);
}

const refused = async (content: string, options = {}, name = "list.csv") =>
  refusal(list, await folderWith({ ...images, [name]: content }), options);

test("photographs of a list keep the camera's note, also beside a published set, whose do not", async () => {
  const own = await folderWith({ ...images, "list.csv": written("path,label,split") });
  const meals = ["pie/1", "soup/1", "pie/2", "soup/2"];
  const foods = await folderWith({
    ...Object.fromEntries(meals.map((name) => [`images/${name}.jpg`, ""])),
    "meta/classes.txt": "pie\nsoup\n",
    "meta/train.txt": "pie/1\nsoup/1\n",
    "meta/test.txt": "pie/2\nsoup/2\n",
  });
  const options = { ...folderSchema.parse({ path: foods }), and: [{ path: own, layout: "auto" as const }] };
  const { candidates } = await readSet(options);
  const asStored = candidates.filter(({ isPublished }) => isPublished).map(({ className }) => className);
  expect([candidates.length, asStored.sort()]).toEqual([8, ["pie", "pie", "soup", "soup"]]);
});

describe("a list of images is read", () => {
  test.each([
    ["with commas", "list.csv", written("path,label,split")],
    ["with semicolons and lines of Windows", "list.csv", `\ufeff${written("path;label;split", ";", "\r\n")}\r\n`],
    ["with tabs", "list.tsv", written("path\tlabel\tsplit", "\t")],
    ["with other names", "metadata.csv", written("File Name,Class,Subset")],
    [
      "in another order",
      "labels.csv",
      ["set,category,img_path", ...rows.map(([a, b, c]) => `${c},${b},${a}`)].join("\n"),
    ],
    [
      "with columns that say nothing",
      "list.csv",
      ["id,image,species,usage", ...rows.map((row, at) => [at, ...row].join(","))].join("\n"),
    ],
    [
      "with two columns that could be the path, of which the first counts",
      "list.csv",
      ["path,file,label,split", ...rows.map(([path, ...more]) => [path, "elsewhere.jpg", ...more].join(","))].join(
        "\n",
      ),
    ],
    ["without a header", "list.csv", written(null)],
    [
      "with quotes",
      "list.csv",
      ["path,label,split", ...rows.map((row) => row.map((word) => `"${word}"`).join(","))].join("\n"),
    ],
    [
      "of JSON lines",
      "list.jsonl",
      rows.map(([path, label, split]) => JSON.stringify({ file_name: path, label, split })).join("\n"),
    ],
    ["of JSON", "list.json", JSON.stringify(rows.map(([path, label, split]) => ({ path, label, split })))],
  ])("%s", async (_, name, content) => {
    const root = await folderWith({ ...images, [name]: content });
    expect(await recognises(list, root)).toBe(true);
    const layout = await read(list, root);
    expect(layout.classes).toEqual(["owl", "wren"]);
    expect(linesOf(layout, "train")).toEqual(train);
    expect(linesOf(layout, "test")).toEqual(tests);
    expect(layout.published?.order).toBe("their names");
  });

  test("one for each split", async () => {
    const part = (wanted: string) => rows.flatMap(([a, b, c]) => (c === wanted ? [`${a},${b}`] : [])).join("\n");
    const root = await folderWith({ ...images, "train.csv": part("train"), "test.csv": part("test") });
    expect(await recognises(list, root)).toBe(true);
    const layout = await read(list, root);
    expect([linesOf(layout, "train"), linesOf(layout, "test")]).toEqual([train, tests]);
  });

  test("as few-shot work publishes it: its numbers are the order, its names the classes", async () => {
    const content = Object.fromEntries(
      (["train", "val", "test"] as const).map((wanted) => [
        wanted,
        numbered(["wren", "owl"]).flatMap(([path, label, name, split]) =>
          split === wanted ? [[path, label, name]] : [],
        ),
      ]),
    );
    const root = await folderWith({ ...images, "split_zhou_Birds.json": JSON.stringify(content) });
    const layout = await read(list, root);
    expect(layout.classes).toEqual(["wren", "owl"]);
    expect(layout.published?.order).toBe("the labels");
    expect([linesOf(layout, "train"), linesOf(layout, "test")]).toEqual([train, tests]);
  });

  test("given by its own path, with its images in a folder beside it", async () => {
    const root = await folderWith({ ...images, "my own.csv": written("path,label,split") });
    const path = join(root, "my own.csv");
    expect(linesOf(await readList(path, folderSchema.parse({ path })), "test")).toEqual(tests);
  });

  test("of plain lines with numbers, and of paths that begin at the root", async () => {
    const root = await folderWith(images);
    const path = join(root, "train.txt");
    writeFileSync(path, `${join(root, "img/a.jpg")} 7\n${join(root, "img/b.jpg")} 10\n`);
    const layout = await readList(path, folderSchema.parse({ path }));
    expect([layout.classes, layout.isUnsplit]).toEqual([["7", "10"], true]);
    expect(linesOf(layout, "train")).toEqual(["7 img/a.jpg", "10 img/b.jpg"]);
  });

  test("beside class folders is a note", async () => {
    const root = await folderWith({ "owl/1.jpg": "", "wren/1.jpg": "", "list.csv": written("path,label,split") });
    expect(await recognises(list, root)).toBe(false);
    const splits = await folderWith({ "train/owl/1.jpg": "", "test/owl/1.jpg": "", "train.csv": written(null) });
    expect(await recognises(list, splits)).toBe(false);
  });
});

describe("classes of a list", () => {
  const table = (first: number) =>
    ["path,label,split", ...numbered(["wren", "owl"], first).map(([a, b, , d]) => `${a},${b},${d}`)].join("\n");

  test.each([
    ["names in order, from 0", 0, "wren\nowl\n", ["wren", "owl"]],
    ["names in order, from 1", 1, "wren\r\nowl\r\n", ["wren", "owl"]],
    ["numbers and names", 7, "8 owl\n7 wren\n", ["wren", "owl"]],
    ["names that begin with numbers", 0, "2012 wren\n2012 owl\n", ["2012 wren", "2012 owl"]],
    ["one name twice", 0, "owl\nowl\n", ["owl (0)", "owl (1)"]],
  ])("are called as classes.txt says: %s", async (_, first, content, classes) => {
    const root = await folderWith({ ...images, "list.csv": table(first), "classes.txt": content });
    const layout = await read(list, root);
    expect(layout.classes).toEqual(classes);
    expect(layout.published?.order).toBe("classes.txt");
    expect(linesOf(layout, "train")).toEqual([`${classes[0]} img/a.jpg`, `${classes[1]} img/b.jpg`]);
  });

  test("keep the order of classes.txt where labels are names", async () => {
    const root = await folderWith({ ...images, "list.csv": written("path,label,split"), "classes.txt": "wren\nowl\n" });
    expect((await read(list, root)).classes).toEqual(["wren", "owl"]);
  });

  test("are told where they do not fit", async () => {
    const tree = { ...images, "list.csv": written("path,label,split") };
    const wrong = await folderWith({ ...tree, "classes.txt": "wern\nowl\n" });
    expect(await refusal(list, wrong)).toContain(
      'class "wren" is not in classes.txt. Did you mean "wern"? Add it there',
    );
    const few = await folderWith({ ...images, "list.csv": table(1), "classes.txt": "wren\n" });
    expect(await refusal(list, few)).toContain("there is a label 2, but classes.txt has 1 classes");
    expect(await refused("path,label,name,split\na.jpg,0,owl,train\nb.jpg,0,wren,train")).toContain(
      'label 0 is "owl" and, of b.jpg, "wren"',
    );
  });
});

describe("splits of a list", () => {
  const head = "path,label,split\na.jpg,x,train\nb.jpg,y,train\n";

  test("may be none: a share is drawn, or everything is tested", async () => {
    const root = await folderWith({ ...images, "list.csv": "path,label\na.jpg,x\nb.jpg,y" });
    expect(await read(list, root)).toMatchObject({ isUnsplit: true, testsOnly: false });
    expect(await read(list, root, { testAll: true })).toMatchObject({ isUnsplit: false, testsOnly: true });
  });

  test("that only train have a share drawn, and that is told", async () => {
    const layout = await read(list, await folderWith({ ...images, "list.csv": head }));
    expect(layout.isUnsplit).toBe(true);
    expect(layout.notes.join()).toContain("Every image listed is for training");
  });

  test("test on the images to validate on where there are no others, and that is told", async () => {
    const layout = await read(list, await folderWith({ ...images, "list.csv": `${head}c.jpg,x,valid\nd.jpg,y,dev` }));
    expect(linesOf(layout, "test")).toEqual(["x img/c.jpg", "y img/d.jpg"]);
    expect(layout.notes.join()).toContain("images listed to validate on are the test split");
  });

  test("leave images to validate on out where settings say so, and refuse to draw others beside them", async () => {
    const content = `${head}c.jpg,x,val\nd.jpg,y,test`;
    const root = await folderWith({ ...images, "list.csv": content });
    expect(linesOf(await read(list, root), "validation")).toEqual(["x img/c.jpg"]);
    expect(linesOf(await read(list, root, { validationFolders: [] }), "validation")).toEqual([]);
    expect(await refusal(list, root, { validation: 0.1 })).toContain("there is a validation split already");
  });

  test.each([
    ["nobody knows", `${head}c.jpg,x,later`, /row 4 is of split "later". Expected is train, val or test/],
    ["only some have", `${head}c.jpg,x,`, /nothing says to which split img\/c.jpg belongs/],
    ["leave nothing to train on", "path,label,split\na.jpg,x,test", /no image is for training/],
  ])("that %s are refused", async (_, content, message) => {
    expect(await refused(content)).toMatch(message);
  });
});

describe("a list that makes no sense is refused with its name, and where:", () => {
  test.each([
    [
      "columns of other names",
      "picture,kind\nx,y",
      /ROOT\/list.csv: none of its columns \(picture, kind\) is called path/,
    ],
    ["no label", "path,split\na.jpg,train", /a.jpg has no label. Add a column label/],
    ["no path", "path,label\n,x", /row 2 names no image/],
    ["nothing", "path,label\n", /no image is listed/],
    ["rows of other lengths", "path,label\na.jpg,x\nb.jpg", /line 3: .*expect 2, got 1/],
    ["a quote without end", 'path,label\n"a.jpg,x\nb.jpg,y', /line 3: a quote that does not end/],
    ["an image in two classes", "path,label\na.jpg,x\na.jpg,y", /a.jpg is listed in two classes, "x" and "y"/],
    [
      "an image in two splits",
      "path,label,split\na.jpg,x,train\na.jpg,x,test",
      /a.jpg is listed in two splits, train and test/,
    ],
    [
      "images that are not there",
      "path,label\nq/z.jpg,x",
      /q\/z.jpg and the other images listed lie neither beside it/,
    ],
  ])("%s", async (_, content, message) => {
    expect(await refused(content)).toMatch(message);
  });

  test.each([
    ["list.jsonl", '{"path":"a.jpg","label":1}\n{"path":', /ROOT\/list.jsonl: line 2: is not JSON/],
    ["list.json", "{", /ROOT\/list.json: is not JSON/],
    ["list.json", '{"images": []}', /has no lists train, val or test/],
  ])("%s that is none: %s", async (name, content, message) => {
    expect(await refused(content, {}, name)).toMatch(message);
  });

  test("missing images are named and counted, and left out only where settings say so", async () => {
    const more = Array.from({ length: 20 }, (_, index) => [`img/${index}.jpg`, ""]);
    const names = more.map(([name]) => `${name},x,train`).join("\n");
    const root = await folderWith({
      ...Object.fromEntries(more),
      "img/t.jpg": "",
      "list.csv": `path,label,split\n${names}\nimg/gone.jpg,x,train\nimg/t.jpg,x,test`,
    });
    expect(await refusal(list, root)).toMatch(
      /^FGKD_BAD_IMAGE ROOT\/img\/gone.jpg: is listed, but not there; 1 of 22 listed images are missing \(img\/gone.jpg\)/,
    );
    const layout = await read(list, root, { onBadImage: "skip" });
    expect(linesOf(layout, "train")).toHaveLength(20);
    expect(layout.notes).toEqual(["1 of 22 listed images are missing, and left out: img/gone.jpg."]);
    expect(await refusal(list, root, { onBadImage: "skip", badImageShare: 0 })).toContain(
      "more than data.badImageShare (0) allows",
    );
  });
});
