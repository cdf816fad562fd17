import { describe, expect, test } from "vitest";
import { litterOf } from "../../../plugins/data/folder/litter.js";
import { countsOf, files, layoutOf } from "./layout-support.js";
import { classFolders, folderWith, openFolder, said } from "./support.js";

describe("litter among images", () => {
  test.each([
    [
      "backup",
      ["1.jpg_original", "1.JPG_ORIGINAL", "1.jpg_exiftool_tmp", "1.jpg~", "1.jpg.bak", "1.BAK", "1.png.orig", "1.old"],
    ],
    ["hidden", [".DS_Store", "._1.jpg", ".1.jpg.swp", ".gitkeep", ".nomedia"]],
    [
      "system",
      ["Thumbs.db", "THUMBS.DB", "desktop.ini", "1.jpg:Zone.Identifier", "1.jpg\uf03aZone.Identifier", "Icon\r"],
    ],
    [
      "note",
      ["classes.txt", "README.MD", "labels.csv", "1.json", "1.jpg.txt", "1.xml", "1.XMP", "meta.yaml", "index.html"],
    ],
  ] as const)("is known by its name: %s", (kind, names) => {
    for (const name of names) expect(litterOf(name), name).toBe(kind);
  });

  test("is nothing that may be an image, whatever it is called", () => {
    const images = [
      "1.jpg",
      "1.jpeg",
      "1",
      "txt",
      "original.jpg",
      "1_original.jpg",
      "1.bak.jpg",
      "a~b.png",
      "1.heic",
      "1.gif",
      "n02085620_7",
      "zone.identifier.jpg",
    ];
    for (const name of images) expect(litterOf(name), name).toBeUndefined();
  });

  test("is passed over in every class folder, and counted in one line", async () => {
    const tree = await classFolders([""], ["a", "b"], 5);
    const litter = Object.entries(tree).flatMap(([path, bytes]) => [[`${path}_original`, bytes]] as const);
    const root = await folderWith({
      ...tree,
      ...Object.fromEntries(litter),
      "a/deep/notes.txt": "of a",
      "a/1.png~": "",
      "b/.DS_Store": "x",
      "b/desktop.ini": "x",
      "b/0.png:Zone.Identifier": "[ZoneTransfer]",
      "README.md": "beside the class folders",
    });
    const source = await openFolder(root);
    expect([source.count("train"), source.count("test")]).toEqual([8, 2]);
    expect(said).toEqual(["Passed over in class folders: 1 hidden file, 2 files of the system, 11 backups, 1 note."]);
    expect(source.fingerprint).toBe((await openFolder(await folderWith(tree))).fingerprint);
    expect(said).toEqual([]);
  });

  test("is no class where it is a folder of a system's", async () => {
    const { classes } = await layoutOf({
      ...files({ a: 3, b: 3, ".ipynb_checkpoints": 1, __MACOSX: 1, "@eaDir": 1, "$RECYCLE.BIN": 1 }),
    });
    expect(classes).toEqual(["a", "b"]);
  });

  test("is not what else is no image: that is refused by name, as before", async () => {
    const tree = await classFolders(["train", "test"], ["a", "b"], 2);
    for (const name of ["0.zip", "clip.mp4", "notes", "model.ckpt"])
      await expect(openFolder(await folderWith({ ...tree, [`train/a/${name}`]: "x" }))).rejects.toThrow(
        `train/a/${name}: is not a JPEG, PNG, WebP or GIF image`,
      );
  });

  test("is told of images beside the class folders, too, which belong to no class", async () => {
    const layout = await layoutOf({ ...files({ a: 4, b: 4 }), "banner.png": "", "map.jpg": "" });
    expect(countsOf(layout)).toEqual([6, 0, 2]);
    expect(layout.notes).toEqual(["Passed over beside the class folders: 2 images, banner.png among them."]);
  });

  test("is told of folders that lie too deep within a class", async () => {
    const tree = await classFolders([""], ["a", "b"], 2);
    const root = await folderWith({ ...tree, "a/1/2/3/4/5/x.png": "" });
    await openFolder(root);
    expect(said).toEqual([`Folders that lie too deep within a class are passed over: ${root}/a/1/2/3/4/5.`]);
  });
});
