import { expect, test } from "vitest";
import { tellOverlaps } from "../../../core/run/overlaps.js";

const birds = { overlaps: ["22 test images are ImageNet's"] };
const told = (weights: string | null, reference?: string) => {
  const lines: string[] = [];
  const files = new Map(reference ? [["student", { file: "x", hub: { reference, commit: "c" } }]] : []);
  const logger = { info: () => {}, warn: (line: string) => void lines.push(line) };
  tellOverlaps([birds, birds, {}], { student: { weights } }, files, logger);
  return lines;
};

test("what a data set shares with ImageNet is told once, where a model starts from ImageNet weights", () => {
  const line =
    "22 test images are ImageNet's: student starts from ImageNet weights, so that accuracies are better than those on new images.";
  expect(told("imagenet", "hf://timm/resnet50.tv_in1k")).toEqual([line]);
  expect(told("hf://timm/resnet50", "hf://timm/resnet50.a1_in1k")).toEqual([line]);
  expect(told("hf://timm/convnext_tiny.fb_in22k_ft_in1k")).toEqual([line]);
});

test("nothing is told where it starts from other weights, or from none", () => {
  expect(told(null)).toEqual([]);
  expect(told("/home/me/teacher.safetensors")).toEqual([]);
  expect(told("hf://me/birds.in_the_wild")).toEqual([]);
});
