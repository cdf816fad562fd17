/** Texts with a command in them that nobody is told to type, or that cannot be typed in a test; by the reason. */
export const notTried: Readonly<Record<string, readonly string[]>> = {
  "a registry is needed": [
    "npm install webgpu@0.6.2 (Dawn, 51 MB)",
    "npm install @tensorflow/tfjs-node-gpu (NVIDIA GPU, CUDA 11 and cuDNN 8) or npm install @tensorflow/tfjs-node; both download TensorFlow's library while installing",
    "npm install",
    "npm install onnxruntime-web, or onnxruntime-node, which is faster; or go without with --unchecked.",
  ],
  "another system, or its administrator, is needed": [
    "Raise the limit: `ulimit -n 65536` as root (Node.js takes all that is allowed already), or `nofile` of the container or service",
    "apt-get install libdnnl-dev g++",
    "apt-get install libturbojpeg0-dev g++",
    "brew install jpeg-turbo",
    "brew install onednn libomp",
    "use --engine wasm",
  ],
  "a graphics card that breaks is needed": [
    "A reset of the driver, a card too hot, or its removal do that. The run goes on with --resume, from its last checkpoint.",
  ],
  "compiling takes minutes: `npm run build:onednn` does it": ["…npx fgkd build-engine onednn"],
  "it needs a trained run, with which test/core/cli/export-command.test.ts tries it": [
    "Take it away, or name another place with --out.",
    "Give some with --data.",
    "Keep more bits of its weights with --precision fp16, or fp32.",
  ],
  "it needs images by the dozen: test/core/cli/calibrate-command.test.ts types it": [
    "Name other images of its classes with --data, or train with --set data.validation=0.1, which keeps some back. --split test takes images that then no longer tell how good it is.",
    "Give more of them with --data.",
    "Calibrate it again, or pass --uncalibrated.",
  ],
  "it says where a setting comes from": ["--resume …", "--set …", "--set: the value", "fgkd train", "fgkd eval"],
  "it tells what an option does, not what to do": [
    "Every image of a folder without train/ is a test image, and there is none to train on: what fgkd eval --data sets.",
    "… classes; --json has them all.",
    "… more pairs: --json. ",
    "…All … classes: --per-class.",
    "--device …: …, …",
    "Which adapter: its number in fgkd doctor, or a part of its name; null: the first, the most powerful.",
  ],
};
