import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decodeImage, findImages } from "../../../plugins/data/index.js";
import { folderWith, picture } from "./support.js";

async function found(from: string, place: string, onProblem?: (problem: Error) => void): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const path of findImages(place, { from, ...(onProblem && { onProblem }) })) paths.push(path);
  return paths;
}

const tree = {
  "b/2.PNG": "",
  "b/10.jpg": "",
  "a/c/3.webp": "",
  "a/.hidden.png": "",
  "a/notes.txt": "",
  "@eaDir/4.jpg": "",
};

test("a folder is all that is called like an image in it, by name, at any depth", async () => {
  const root = await folderWith(tree);
  expect(await found(root, ".")).toEqual(["a/c/3.webp", "b/10.jpg", "b/2.PNG"]);
  expect(await found("/", join(root, "b"))).toEqual([join(root, "b/10.jpg"), join(root, "b/2.PNG")]);
});

test("a link back to a folder on the way is not followed, a link to another one is", async () => {
  const root = await folderWith(tree);
  symlinkSync(root, join(root, "b/back"));
  symlinkSync(join(root, "a"), join(root, "b/on"));
  expect(await found(root, "b")).toEqual(["b/10.jpg", "b/2.PNG", "b/on/c/3.webp"]);
});

test("a file is itself, whatever its name; and what is called like a pattern is no pattern", async () => {
  const root = await folderWith({ ...tree, "[b]/5.png": "", "b/*.jpg": "" });
  expect(await found(root, "a/notes.txt")).toEqual(["a/notes.txt"]);
  expect(await found(root, "b/*.jpg")).toEqual(["b/*.jpg"]);
  expect(await found(root, "[b]")).toEqual(["[b]/5.png"]);
});

test("a pattern is what it matches, from a folder of any name, and folders that match are looked into once", async () => {
  const root = await folderWith(Object.fromEntries(Object.entries(tree).map(([path]) => [`in [x]/${path}`, ""])));
  const from = join(root, "in [x]");
  expect(await found(from, "*/*.{jpg,PNG}")).toEqual(["@eaDir/4.jpg", "b/10.jpg", "b/2.PNG"]);
  expect(await found(from, "a/**")).toEqual(["a/c/3.webp"]);
});

test("what is not there is told, and the rest is found where somebody listens", async () => {
  const root = await folderWith(tree);
  await expect(found(root, "c")).rejects.toThrow("c: there is no such file or folder. Check the path.");
  await expect(found(root, "c/*.png")).rejects.toThrow("c/*.png: nothing matches this pattern.");
  const problems: string[] = [];
  expect(await found(root, "c", ({ message }) => problems.push(message))).toEqual([]);
  expect(problems).toHaveLength(1);
});

test("the decoder gives the pixels of a path, or of bytes, and says why it cannot", async () => {
  const bytes = await picture({ r: 250, g: 100, b: 50 }, 12);
  const root = await folderWith({ "a.png": bytes, "b.png": "none" });
  const { width, height, data } = await decodeImage(bytes);
  expect([width, height, data.length]).toEqual([12, 12, 432]);
  expect([...data.subarray(33, 36)]).toEqual([250, 100, 50]);
  expect(await decodeImage(join(root, "a.png"))).toEqual({ width, height, data });
  await expect(decodeImage(join(root, "b.png"))).rejects.toThrow(/FGKD_BAD_IMAGE \S+b\.png: is not a JPEG/);
  await expect(decodeImage(bytes, { maxPixels: 100 })).rejects.toThrow("the image: has more than 100 pixels");
});
