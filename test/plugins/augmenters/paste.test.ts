import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../../core/index.js";
import { cutPartner, eraseBox, pastePartner } from "../../../plugins/augmenters/paste.js";
import { box, countingImages, difference, goldenSnapmix } from "./golden.js";

describe("pasting a partner's patch", () => {
  test.each(goldenSnapmix.slice(0, 3))("equals golden case %#", ({ images, mixed, permutation, boxA, boxB }) => {
    const pasted = pastePartner(tf.tensor4d(images), permutation, box(boxA), box(boxB));
    expect(difference(pasted, mixed)).toBeLessThan(1e-6);
  });

  test("copies pixels as they are when hole and patch have one size", () => {
    const images = countingImages(2, 4, 5);
    const [first, second] = pastePartner(images, [1, 0], box([1, 2, 3, 4]), box([0, 0, 2, 2])).arraySync();
    const original = images.arraySync();
    expect(first?.[1]?.[2]).toEqual(original[1]?.[0]?.[0]);
    expect(second?.[2]?.[3]).toEqual(original[0]?.[1]?.[1]);
    expect(second?.[0]).toEqual(original[1]?.[0]);
  });

  test("aligns the corners of a resized patch", () => {
    const images = countingImages(2, 6, 6);
    const [first] = pastePartner(images, [1, 0], box([0, 0, 5, 5]), box([2, 2, 4, 4])).arraySync();
    const original = images.arraySync()[1];
    expect(first?.[0]?.[0]).toEqual(original?.[2]?.[2]);
    expect(first?.[4]?.[4]).toEqual(original?.[3]?.[3]);
  });

  const boxes = [
    ["the whole image", [0, 0, 4, 5]],
    ["the top left corner", [0, 0, 1, 1]],
    ["the bottom right corner", [3, 4, 4, 5]],
    ["full rows", [1, 0, 3, 5]],
    ["full columns", [0, 1, 4, 2]],
  ] as const;

  test.each(boxes)("erases %s and nothing else", (_, corners) => {
    const { top, left, bottom, right } = box(corners);
    eraseBox(tf.ones([2, 4, 5, 3]), box(corners))
      .arraySync()
      .forEach((image) => {
        image.forEach((row, y) => {
          row.forEach((pixel, x) => {
            const inside = y >= top && y < bottom && x >= left && x < right;
            expect(pixel).toEqual(inside ? [0, 0, 0] : [1, 1, 1]);
          });
        });
      });
  });

  test.each(boxes)("pastes %s and nothing else", (_, corners) => {
    const images = countingImages(2, 4, 5);
    const { top, left, bottom, right } = box(corners);
    const original = images.arraySync();
    pastePartner(images, [1, 0], box(corners))
      .arraySync()
      .forEach((image, index) => {
        image.forEach((row, y) => {
          row.forEach((pixel, x) => {
            const inside = y >= top && y < bottom && x >= left && x < right;
            expect(pixel).toEqual(original[inside ? 1 - index : index]?.[y]?.[x]);
          });
        });
      });
  });

  test.each([
    [1, 1],
    [2, 3],
    [7, 16],
    [448, 2],
    [3, 449],
  ])("cuts exact copies, whatever the box, of images of %d×%d", (height, width) => {
    const images = countingImages(2, height, width);
    const random = createRandom(`${height}×${width}`);
    const corners = Array.from({ length: 8 }, () => {
      const [top, left] = [random.integer(height), random.integer(width)];
      return [top, left, top + 1 + random.integer(height - top), left + 1 + random.integer(width - left)];
    });
    corners.push([0, 0, height, width], [height - 1, width - 1, height, width], [0, 0, 1, 1]);
    for (const { top, left, bottom, right } of corners.map(box)) {
      const expected = images.slice([0, top, left, 0], [-1, bottom - top, right - left, -1]).reverse(0);
      expect(
        tf
          .notEqual(cutPartner(images, [1, 0], { top, left, bottom, right }), expected)
          .sum()
          .dataSync()[0],
      ).toBe(0);
    }
  });

  test("leaks no tensor", () => {
    const images = countingImages(2, 6, 6);
    const before = tf.memory().numTensors;
    pastePartner(images, [1, 0], box([0, 0, 5, 5]), box([2, 2, 4, 4])).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
