/** What people give in place of a safetensors file: told by its first bytes, with the way out. */
import { basename } from "node:path";

/** What a file is instead, and what to do about it. */
export interface Foreign {
  readonly problem: string;
  readonly remedy: string;
}

/** So many bytes of a file tell what it is: a tar archive names itself at byte 257. */
export const tellingBytes = 512;

const again = "Download or export the file again.";
const fetchItself =
  "Download the file itself: on Hugging Face behind /resolve/ instead of /blob/, elsewhere its raw link.";

/** How a PyTorch checkpoint is converted; its path stands there as it is only where a shell takes it as one word. */
function convert(path: string): string {
  const name = basename(path);
  const plain = /^[\w.+-]{1,80}$/.test(name) ? name : "FILE.pth";
  const to = `${plain.replace(/\.safetensors$/, "-converted").replace(/\.(pth|pt|ckpt|bin|th)$/, "")}.safetensors`;
  return `Convert it: fgkd weights convert ${plain} ${to}.`;
}

/** Beginnings that leave no doubt, as characters of one byte each. */
const beginnings: readonly (readonly [start: string, what: string, remedy: string])[] = [
  ["\x1f\x8b", "is compressed by gzip", "Unpack it first: gunzip."],
  ["\x28\xb5\x2f\xfd", "is compressed by zstd", "Unpack it first: zstd -d."],
  ["\xfd7zXZ\x00", "is compressed by xz", "Unpack it first: xz -d."],
  ["BZh", "is compressed by bzip2", "Unpack it first: bunzip2."],
  ["7z\xbc\xaf\x27\x1c", "is a 7z archive", "Unpack it, and give the .safetensors file in it."],
  ["\x89HDF", "is an HDF5 file, as Keras and TensorFlow write, not safetensors", "Export its weights as safetensors."],
  ["\x93NUMPY", "is an array of NumPy, not safetensors", "Save a dictionary of arrays by safetensors.numpy.save_file."],
  ["GGUF", "is a GGUF file, not safetensors", "Give the .safetensors file that it was made from."],
  ["PAR1", "is a Parquet table, not weights", "Give a .safetensors file."],
  ["\x89PNG", "is a PNG image, not weights", "Give a .safetensors file."],
  ["\xff\xd8\xff", "is a JPEG image, not weights", "Give a .safetensors file."],
  ["%PDF", "is a PDF document, not weights", "Give a .safetensors file."],
  ["version https://git-lfs", "is a pointer of git-lfs, not the file itself", "Fetch it: git lfs pull."],
];

/**
 * What a file is that is no safetensors file.
 *
 * @param head its first bytes, at most `tellingBytes`
 * @returns `undefined` where nothing is recognised: it may be a safetensors file that is broken
 */
export function tellForeign(path: string, head: Uint8Array): Foreign | undefined {
  // One character a byte: what is looked for may be any bytes.
  const text = Buffer.from(head).toString("latin1");
  if (head.length === 0) return { problem: "is empty, and so is shorter than a safetensors header", remedy: again };
  const begun = beginnings.find(([start]) => text.startsWith(start));
  if (begun) return { problem: begun[1], remedy: begun[2] };
  if (text.startsWith("PK\x03\x04") || text.startsWith("PK\x05\x06")) return ofZip(path, text);
  // Protocols 2 to 5: 0x80, the protocol, and then a mark, a number or a frame.
  if (head[0] === 0x80 && [2, 3, 4, 5].includes(head[1] ?? 0))
    return { problem: "is a pickle, as older PyTorch writes (.pth, .pt), not safetensors", remedy: convert(path) };
  if (text.slice(257, 262) === "ustar")
    return { problem: "is a tar archive", remedy: "Unpack it, and give the .safetensors file in it." };
  if (text.slice(4, 8) === "TFL3")
    return { problem: "is a TensorFlow Lite model, not safetensors", remedy: "Export its weights as safetensors." };
  if (/^\0{9,}$/.test(text))
    return { problem: "begins with nothing but zeros, as a download does that was not finished", remedy: again };
  // The length that a safetensors file begins with has bytes of zero in any file that is not refused for its length.
  return text.includes("\0") ? undefined : ofText(text.replace(/^(\xef\xbb\xbf|\s)+/, ""));
}

/** torch.save writes a zip archive whose members lie in a folder of the file's name: `archive/data.pkl`, … */
function ofZip(path: string, text: string): Foreign {
  if (/data\.pkl|\/(version|byteorder|data\/)/.test(text))
    return {
      problem: "is a zip archive, as PyTorch's torch.save writes (.pth, .pt), not safetensors",
      remedy: convert(path),
    };
  if (/\.npy/.test(text))
    return {
      problem: "is a zip archive of NumPy arrays (.npz), not safetensors",
      remedy: "Save the arrays by safetensors.numpy.save_file.",
    };
  return {
    problem: "is a zip archive, not a file of weights",
    remedy: "Unpack it, and give the file of weights in it.",
  };
}

function ofText(text: string): Foreign | undefined {
  if (/^<(!doctype html|html|head|body|!--)/i.test(text))
    return { problem: "is a web page (HTML), not a file of weights", remedy: fetchItself };
  if (/^<(\?xml|[a-z]+>)/i.test(text))
    return { problem: "is XML, most likely a server's refusal, not a file of weights", remedy: fetchItself };
  if (/^\{[\s\S]*"(weight_map|total_size)"/.test(text))
    return {
      problem: "is the list of a file in several parts (.index.json)",
      remedy: "Save the weights as one file, or give one part that has all.",
    };
  if (/^[{[]/.test(text)) return { problem: "is JSON text, not a file of weights", remedy: fetchItself };
  if (/^[\x20-\x7e\s]{16,}$/.test(text)) return { problem: "is text, not a file of weights", remedy: fetchItself };
  return undefined;
}
