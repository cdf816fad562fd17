/** Which of what a checkpoint holds are the weights: training tools keep them beside much else. */
import { corruptFile } from "../values/errors.js";
import { brief } from "./file-bytes.js";
import type { Pickled } from "./pickled.js";
import { SavedTensor } from "./pytorch-names.js";

/** The weights of a checkpoint. */
export interface Weights {
  readonly tensors: ReadonlyMap<string, SavedTensor>;
  /** Texts, numbers, and lists of texts beside them, as text. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

/** Under which names the weights themselves stand, where several sets do: the first that is there. */
const usual = [
  "",
  "model",
  "state_dict",
  "model_state_dict",
  "model_state",
  "net",
  "network",
  "module",
  "params",
  "weights",
];

/** Dictionaries in dictionaries that are looked into: `checkpoint.model.state_dict`. */
const deepest = 3;

/** Longer texts are no metadata. */
const longestText = 2 ** 16;

/**
 * Finds the dictionary of tensors in what was saved. Where there are several, the one under a usual name is taken, and that is said; where
 * none has one, the user is asked.
 *
 * @param part the name of the one to take, like `model_ema`. Default: as said
 * @throws FGKD_CORRUPT_FILE
 */
export function findWeights(path: string, root: Pickled, part?: string): Weights {
  const all = partsOf(root, "", 0, new Set());
  const most = [...all.values()].reduce((largest, { size }) => Math.max(largest, size), 0);
  // A scale or a decay that is a tensor makes no network of what it stands in.
  const parts = new Map([...all].filter(([name, { size }]) => size * 2 > most || name === part));
  const names = [...parts.keys()];
  const [only, ...more] = names;
  if (only === undefined)
    throw corruptFile(
      path,
      "holds no dictionary of tensors",
      "Save the weights by name: torch.save(model.state_dict(), …).",
    );
  const taken = part ?? (more.length === 0 ? only : usual.find((name) => parts.has(name)));
  const tensors = taken === undefined ? undefined : parts.get(taken);
  if (taken === undefined || !tensors)
    throw corruptFile(
      path,
      `holds several sets of weights: ${inWords(names)}${part === undefined ? "" : `, and none called "${brief(part)}"`}`,
      `Take one out: fgkd weights convert FILE OUT.safetensors --part ${wordOf(only)}.`,
    );
  const others = names.filter((name) => name !== taken);
  const told = `its weights "${brief(taken)}" are read, and not ${inWords(others)}`;
  return { tensors, metadata: textsIn(root), notes: others.length > 0 && part === undefined ? [told] : [] };
}

/** @param seen what was looked into: shared dictionaries in shared dictionaries would be as many as one likes */
function partsOf(
  value: Pickled,
  name: string,
  depth: number,
  seen: Set<Pickled>,
): ReadonlyMap<string, ReadonlyMap<string, SavedTensor>> {
  if (!(value instanceof Map) || depth > deepest || seen.has(value)) return new Map();
  seen.add(value);
  const named = [...value].filter((pair): pair is [string, Pickled] => typeof pair[0] === "string");
  const tensors = named.filter((pair): pair is [string, SavedTensor] => pair[1] instanceof SavedTensor);
  const inner = named.flatMap(([key, within]) => [...partsOf(within, name ? `${name}.${key}` : key, depth + 1, seen)]);
  return new Map([...(tensors.length > 0 ? [[name, new Map(tensors)] as const] : []), ...inner]);
}

function textsIn(root: Pickled): Readonly<Record<string, string>> {
  if (!(root instanceof Map)) return {};
  const texts = [...root].flatMap(([key, value]): (readonly [string, string])[] => {
    const text = textOf(value);
    return typeof key === "string" && text !== undefined && text.length <= longestText ? [[key, text]] : [];
  });
  return Object.fromEntries(texts);
}

function textOf(value: Pickled): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const isTexts = Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string");
  return isTexts ? JSON.stringify(value) : undefined;
}

function inWords(names: readonly string[]): string {
  const shown = names.slice(0, 4).map((name) => `"${brief(name)}"`);
  return names.length > 4 ? `${shown.join(", ")} and ${names.length - 4} more` : shown.join(", ");
}

function wordOf(name: string): string {
  return /^[\w.-]{1,80}$/.test(name) ? name : "NAME";
}
