/** Public weights by the backbone that they fit: the repositories of timm, by tag. */
import type { PublicWeights } from "../../core/index.js";

/** In the order in which they are shown; `imagenet` is what the papers start from. */
type Tags = Readonly<Record<string, string>>;

const torchvision: Tags = { imagenet: "tv_in1k" };
const bothTorchvision: Tags = { imagenet: "tv_in1k", "imagenet-v2": "tv2_in1k" };
const meta: Tags = { imagenet: "fb_in1k" };
const convnext: Tags = {
  imagenet: "fb_in1k",
  "imagenet-22k": "fb_in22k_ft_in1k",
  "imagenet-22k-384": "fb_in22k_ft_in1k_384",
};
const google: Tags = { imagenet: "goog_in21k_ft_in1k" };

/** By the registered name. */
const tags: Readonly<Record<string, Tags>> = {
  resnet18: { ...torchvision, a1: "a1_in1k" },
  resnet34: { ...torchvision, a1: "a1_in1k" },
  resnet50: { ...bothTorchvision, a1: "a1_in1k" },
  resnet101: { ...bothTorchvision, a1h: "a1h_in1k" },
  vgg11: torchvision,
  vgg11_bn: torchvision,
  vgg13: torchvision,
  vgg13_bn: torchvision,
  vgg16: torchvision,
  vgg16_bn: torchvision,
  vgg19: torchvision,
  vgg19_bn: torchvision,
  deit_tiny_patch16_224: meta,
  deit_small_patch16_224: meta,
  deit_base_patch16_224: meta,
  deit_base_patch16_384: meta,
  deit_tiny_distilled_patch16_224: meta,
  deit_small_distilled_patch16_224: meta,
  deit_base_distilled_patch16_224: meta,
  deit_base_distilled_patch16_384: meta,
  convnext_tiny: { ...convnext, "imagenet-12k": "in12k_ft_in1k" },
  convnext_small: { ...convnext, "imagenet-12k": "in12k_ft_in1k" },
  convnext_base: convnext,
  convnext_large: convnext,
  mobilenet_v2: { imagenet: "ra_in1k" },
  efficientnet_b0: { imagenet: "ra_in1k" },
  efficientnet_b1: { imagenet: "ft_in1k" },
  efficientnet_b2: { imagenet: "ra_in1k" },
  efficientnet_b3: { imagenet: "ra2_in1k" },
  efficientnet_b4: { imagenet: "ra2_in1k" },
  resnetv2_50x1_bit: { ...google, distilled: "goog_distilled_in1k" },
  resnetv2_50x3_bit: google,
  resnetv2_101x1_bit: google,
  resnetv2_101x3_bit: google,
  resnetv2_152x2_bit: { ...google, teacher: "goog_teacher_in21k_ft_in1k" },
};

/** What timm calls a network that it has under another name. */
const timms: Readonly<Record<string, string>> = { mobilenet_v2: "mobilenetv2_100" };

/** The tag that timm takes where somebody leaves it out; of the others it is the only one, or the first. */
const untagged: Readonly<Record<string, string>> = {
  resnet18: "a1_in1k",
  resnet34: "a1_in1k",
  resnet50: "a1_in1k",
  resnet101: "a1h_in1k",
  convnext_tiny: "in12k_ft_in1k",
  convnext_small: "in12k_ft_in1k",
  convnext_base: "fb_in22k_ft_in1k",
  convnext_large: "fb_in22k_ft_in1k",
  resnetv2_50x1_bit: "goog_distilled_in1k",
  resnetv2_152x2_bit: "goog_teacher_in21k_ft_in1k",
};

/**
 * What an entry lists as `publicWeights`; none for a network that nobody has published under these names.
 *
 * @param backbone the registered name
 */
export function publicWeightsOf(backbone: string): readonly PublicWeights[] {
  const own = Object.hasOwn(tags, backbone) ? (tags[backbone] as Tags) : {};
  const network = timms[backbone] ?? backbone;
  const usual = untagged[backbone] ?? Object.values(own)[0];
  return Object.entries(own).map(([name, tag]) => ({
    name,
    reference: `hf://timm/${network}.${tag}`,
    ...(tag === usual && { untagged: `hf://timm/${network}` }),
  }));
}
