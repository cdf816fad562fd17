/** What happens to one picture before it is part of a batch. */
export type {
  CenterCropOptions,
  FlipOptions,
  RandomCropOptions,
  RandomResizedCropOptions,
  ResizeOptions,
} from "./options.js";
export { transforms } from "./transforms.js";
