import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { readSafetensors } from "../../../core/index.js";

const folder = mkdtempSync(join(tmpdir(), "fgkd-foreign-"));
afterAll(() => rmSync(folder, { recursive: true }));

const rest = Buffer.alloc(4000, 0xa7);
const bytes = (...parts: readonly (string | Buffer)[]) =>
  Buffer.concat([...parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)), rest]);

/** The first member of an archive. */
const zip = (member: string) => bytes("PK\x03\x04", Buffer.alloc(26), member);

describe("what is given in place of a safetensors file is told by its bytes, with the way out", () => {
  test.each([
    [
      "resnet50.pth",
      zip("resnet50/data.pkl"),
      "is a zip archive, as PyTorch's torch.save writes",
      "fgkd weights convert resnet50.pth resnet50.safetensors",
    ],
    [
      "teacher.safetensors",
      zip("archive/data.pkl"),
      "is a zip archive, as PyTorch's",
      "fgkd weights convert teacher.safetensors teacher-converted.safetensors",
    ],
    [
      "old.pth",
      bytes("\x80\x02\x8a\x0a"),
      "is a pickle, as older PyTorch writes",
      "fgkd weights convert old.pth old.safetensors",
    ],
    ["newer.pkl", bytes("\x80\x05\x95"), "is a pickle", "fgkd weights convert"],
    ["a b;c.pt", bytes("\x80\x04\x95"), "is a pickle", "fgkd weights convert FILE.pth FILE.safetensors"],
    ["arrays.npz", zip("fc.weight.npy"), "is a zip archive of NumPy arrays", "safetensors.numpy"],
    ["model.zip", zip("readme.txt"), "is a zip archive, not a file of weights", "Unpack it"],
    ["model.safetensors.gz", gzipSync("{}"), "is compressed by gzip", "gunzip"],
    ["model.zst", bytes("\x28\xb5\x2f\xfd"), "is compressed by zstd", "zstd -d"],
    ["keras.h5", bytes("\x89HDF\r\n\x1a\n"), "is an HDF5 file, as Keras and TensorFlow write", "Export"],
    ["model.tar", bytes("x".repeat(257), "ustar"), "is a tar archive", "Unpack it"],
    ["picture.safetensors", bytes("\x89PNG\r\n"), "is a PNG image", "Give a .safetensors file"],
  ])("%s", (name, content, problem, remedy) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    expect(() => readSafetensors(path)).toThrow(`FGKD_CORRUPT_FILE ${path}: ${problem}`);
    expect(() => readSafetensors(path)).toThrow(remedy);
  });

  test.each([
    [
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 97781\n",
      "is a pointer of git-lfs",
      "git lfs pull",
    ],
    ["\n<!DOCTYPE html>\n<html><body>Not found</body></html>", "is a web page (HTML)", "/resolve/ instead of /blob/"],
    ["\xef\xbb\xbf<html lang='en'>", "is a web page (HTML)", "Download the file itself"],
    ["<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "is XML", "Download the file itself"],
    ['{"error":"Repository not found"}', "is JSON text", "Download the file itself"],
    ['{"metadata":{"total_size":9},"weight_map":{}}', "is the list of a file in several parts", "as one file"],
    ["Access to this model is restricted.", "is text", "Download the file itself"],
    ["", "is empty", "Download or export the file again"],
    ["\0".repeat(4096), "begins with nothing but zeros", "Download or export the file again"],
  ])("the text %j", (content, problem, remedy) => {
    const path = join(folder, "text.safetensors");
    writeFileSync(path, Buffer.from(content, "latin1"));
    expect(() => readSafetensors(path)).toThrow(`FGKD_CORRUPT_FILE ${path}: ${problem}`);
    expect(() => readSafetensors(path)).toThrow(remedy);
  });

  test("a folder, with what lies in it", () => {
    const path = join(folder, "repository");
    mkdirSync(path);
    writeFileSync(join(path, "model.safetensors"), "");
    expect(() => readSafetensors(path)).toThrow(
      `FGKD_PATH ${path}: is not a file. It is a folder with model.safetensors in it. Give the path`,
    );
  });
});
