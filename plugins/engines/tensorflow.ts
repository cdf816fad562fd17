/** The `tensorflow` engine: TensorFlow's C library through `@tensorflow/tfjs-node-gpu`, else `@tensorflow/tfjs-node`. */
import { createRequire } from "node:module";
import * as tf from "@tensorflow/tfjs";
import type { Engine, EngineCheck } from "../../core/index.js";
import { padBeforehand } from "./pad-beforehand.js";

const require = createRequire(import.meta.url);
const packages = ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"] as const;

/** The part of Node's `util` that tfjs-node 4.22 still calls and Node 23 dropped. */
type LegacyUtil = { isNullOrUndefined?: (value: unknown) => boolean; isArray?: (value: unknown) => boolean };

export function tensorflowEngine(): Engine {
  return {
    name: "tensorflow",
    alsoCalled: ["cuda", "nvidia", "tfjs-node-gpu", "tfjs-node"],
    priority: 40,
    // TensorFlow's library chooses its threads; on a GPU it adds up in any order.
    capabilities: {
      threads: null,
      get gpu() {
        return tf.getBackend() === "tensorflow" && (tf.backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice;
      },
    },
    check: async () => check(tryPackages()),
    start: async () => {
      const { problems } = tryPackages();
      if (problems.length === packages.length) throw new Error(problems.join("; "));
      await tf.setBackend("tensorflow");
      padBeforehand("tensorflow");
      await tf.ready();
    },
  };
}

interface Attempt {
  readonly loaded?: string;
  readonly problems: readonly string[];
}

/** Loads the first package that loads; importing it registers the backend. */
function tryPackages(): Attempt {
  restoreLegacyUtil();
  const problems: string[] = [];
  for (const name of packages) {
    try {
      require(name);
      return { loaded: name, problems };
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      problems.push(`${name}: ${code === "MODULE_NOT_FOUND" ? "not installed" : message.split("\n")[0]}`);
    }
  }
  return { problems };
}

function check({ loaded, problems }: Attempt): EngineCheck {
  if (loaded) return { available: true, detail: [`${loaded} loaded`, ...problems].join("; ") };
  return {
    available: false,
    detail: problems.join("; "),
    remedy:
      "npm install @tensorflow/tfjs-node-gpu (NVIDIA GPU, CUDA 11 and cuDNN 8) or npm install @tensorflow/tfjs-node; both download TensorFlow's library while installing",
  };
}

function restoreLegacyUtil(): void {
  const util = require("node:util") as LegacyUtil;
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
