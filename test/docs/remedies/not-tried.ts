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
  "it is said of runs made for it, and typed there: test/core/advice/advise-command.test.ts": [
    "draw them evenly with --set data.sampler=balanced, or let cross-entropy weigh them (balance: effective), not both",
    "--set input.resize=… --set input.crop=…",
    "--set models.….input.size=…",
    "Mixing (…) keeps the student from fitting: … gets … of the … images right that it was trained on, … … without mixing, and on test images it is no better for it (… and …); train longer (--set stages.….epochs=…), or mix nothing (--set stages.….augmenters=[]).",
    "it gets … of … images right, where answering one class always gets …; look for a better one with fgkd find-lr --preset … --stage …, and the run's other options",
    "… will probably teach best: on … images its largest logit stands out the least from the second, next comes …, and over eight published data sets that went with better students, at a correlation of 0.63 (of the teacher's accuracy: 0.52); take it with --teacher ….",
    "The teacher is weaker than the student alone: … gets … of … test images right, … … (…); train the teacher longer, give a better one with --teacher, or go without.",
    "Distillation hurts here: … gets … of … test images right, … … (…); go without the teacher, or compare others with fgkd advise DATA --teachers FILES.",
    "no number of images settles a difference of nothing: train both with other seeds (--seed 1)",
    "were it as large as it looks, … would settle it: fgkd eval … … --data FOLDER",
  ],
  "it needs a run of a table: test/core/cli/reproduce/reproduce-command.test.ts types it": [
    "Give another folder with --out, or take this one away.",
  ],
  "it says where a setting comes from": [
    "settings of your own (--set)",
    "--resume …",
    "--set …",
    "--set: the value",
    "fgkd train",
    "fgkd eval",
  ],
  "it tells what an option does, not what to do": [
    "Every image of a folder without train/ is a test image, and there is none to train on: what fgkd eval --data sets.",
    "… classes; --json has them all.",
    "… more pairs: --json. ",
    "…All … classes: --per-class.",
    "--device …: …, …",
    "Which adapter: its number in fgkd doctor, or a part of its name; null: the first, the most powerful.",
  ],
};
