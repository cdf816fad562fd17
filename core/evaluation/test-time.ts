/** Test-time augmentation: what a model says of several views of a picture, as one answer. */
import * as tf from "@tensorflow/tfjs";
import type { InputSettings } from "../data/source.js";
import { logSoftmax } from "../ops/index.js";
import { invalidConfig } from "../values/errors.js";
import { type Batch, need } from "../values/records.js";

/** By name, how many views a picture has. */
export const viewCounts = { flip: 2, "ten-crops": 10 } as const;

/** `flip`: the picture and its mirror image. `ten-crops`: its corners and its middle, and the mirror images of these five. */
export type TestTime = keyof typeof viewCounts;

/** `[batch, classes]` logits of a batch. */
export type Predict = (batch: Batch) => tf.Tensor2D;

export interface TestViews {
  /** What pictures must be for the views: larger than the network's square, where parts of them are its input. */
  readonly input: InputSettings;
  /** The same model on all views. Logits are the logarithms of the mean of the views' probabilities. */
  readonly answer: (predict: Predict) => Predict;
}

/**
 * Views whose probabilities are averaged, as the papers that brought them do: ten crops of the central square of `input.resize`
 * in "ImageNet classification with deep convolutional neural networks", 2012, mirror images in "Very deep convolutional
 * networks", 2015. Averaged logits would let the view that exaggerates decide; and of averaged probabilities, the loss and the
 * calibration error mean what they say.
 *
 * @param testTime `null` for pictures as they are
 * @param input of the stage; its `crop` is the side of the views
 * @param where what asks for it, for the message
 * @throws FGKD_INVALID_CONFIG when ten crops of a picture would all be the picture
 */
export function testViews(testTime: TestTime | null, input: InputSettings, where: string): TestViews {
  const { resize, crop } = input;
  if (testTime === null) return { input, answer: (predict) => predict };
  if (testTime === "flip") return { input, answer: (predict) => averaged(predict, (images) => [() => images]) };
  if (resize <= crop)
    throw invalidConfig(
      where,
      `evaluation.testTime is "ten-crops", but pictures are no larger than a crop (input.resize ${resize}, input.crop ${crop})`,
      "Raise input.resize, or take flip.",
    );
  return {
    input: { ...input, crop: resize },
    answer: (predict) => averaged(predict, (images) => fiveParts(images, crop)),
  };
}

/** Made when its turn comes. */
type View = () => tf.Tensor4D;

/** Of each part and its mirror image, one after the other: no more than one is in memory beside the pictures. */
function averaged(predict: Predict, partsOf: (images: tf.Tensor4D) => readonly View[]): Predict {
  return (batch) =>
    tf.tidy(() => {
      const parts = partsOf(need(batch, "images", "evaluate"));
      const views = parts.flatMap((part): View[] => [part, () => tf.reverse(part(), 2)]);
      const answers = views.map((view) => tf.tidy(() => logSoftmax(predict({ ...batch, images: view() }))));
      return tf.logSumExp(tf.stack(answers), 0).sub<tf.Tensor2D>(Math.log(views.length));
    });
}

/** Upper left, upper right, lower left, lower right, middle: torchvision's order. Halves of a pixel become even, as there. */
function fiveParts(images: tf.Tensor4D, side: number): readonly View[] {
  const [count, height, width, channels] = images.shape;
  const [down, across] = [height - side, width - side];
  const places = [
    [0, 0],
    [0, across],
    [down, 0],
    [down, across],
    [middle(down), middle(across)],
  ] as const;
  return places.map(
    ([top, left]) =>
      () =>
        images.slice([0, top, left, 0], [count, side, side, channels]),
  );
}

function middle(room: number): number {
  return room % 4 === 3 ? (room + 1) / 2 : Math.floor(room / 2);
}
