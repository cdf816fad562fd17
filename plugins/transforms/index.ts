/** What happens to one picture before it is part of a batch. */
export type {
  BlurOptions,
  ColourJitterOptions,
  GreyOptions,
  RandAugmentOptions,
  RandomErasingOptions,
  TrivialAugmentOptions,
} from "./augment-options.js";
export type {
  CenterCropOptions,
  FlipOptions,
  RandomCropOptions,
  RandomResizedCropOptions,
  ResizeOptions,
} from "./options.js";
export { transforms } from "./transforms.js";
