/** The rooms of fgkd, from the lowest to the highest: a room may need those above it in this list, none below. */
export interface PlannedRoom {
  readonly name: string;
  /** What lies there, for `docs/architecture.md`. */
  readonly holds: string;
  /**
   * Most lines of code, counted through all folders below: see `codeLines`. A room without one grows as it likes: kinds of
   * plugins grow with every method. Raising one takes a decision record.
   */
  readonly budget?: number;
}

export const rooms: readonly PlannedRoom[] = [
  {
    name: "core/values",
    // The table of what systems refuse, and how names of strangers are shown.
    budget: 900,
    holds: "what travels: batches, outputs, steps, errors, random streams, named arrays",
  },
  { name: "core/hub", budget: 650, holds: "how a reference to a hub becomes a file of this machine" },
  {
    name: "core/formats",
    budget: 1300,
    holds: "files of tensors: safetensors, PyTorch's, and what people give in their place",
  },
  // Sums of channels, and gradients by what networks compute on the way: what explanations are made of.
  // Attention, fused and composed, depthwise convolutions, ReLU6, SiLU, standardised filters, and the ends of blocks without activation, each with a gradient of its own; what an engine may note.
  // Updates of many weights at once, and the look at many gradients; a convolution, or a batch norm, that ends a block.
  { name: "core/ops", budget: 1500, holds: "tensor operations for plugins, the same on every engine: `fgkd/ops`" },
  {
    name: "core/models",
    // Files that others wrote: their names and shapes, and how they describe their models.
    budget: 1100,
    holds: "a model's contract, its parameters, and how weights of files fill them",
  },
  {
    name: "core/passes",
    // Losses that are run again, too; values that variables are given without a tensor in between.
    budget: 740,
    holds:
      "passes of networks through the tape: gradients that let go early, passes that are run again without their layers",
  },
  { name: "core/graph", budget: 350, holds: "a model's pass as data: kernels recorded while it runs, and made fewer" },
  { name: "core/onnx", budget: 850, holds: "a graph as a file of ONNX" },
  { name: "core/registries", budget: 300, holds: "what can be chosen by name: entries, their options, the containers" },
  {
    name: "core/update",
    // Weights that wait for their epoch; losses that are scaled for numbers of small range.
    budget: 570,
    holds: "from gradients to weights: rules, groups, schedules, the pipeline around them",
  },
  // Images that are in no split, and a split's images of some classes.
  { name: "core/data", budget: 275, holds: "what a source of images promises, and which part of it is used for what" },
  // What the data is reason to measure: ranks, merged sets, classes of uneven size.
  { name: "core/evaluation", budget: 480, holds: "how a model is tested, and what is measured" },
  {
    name: "core/measures",
    // With temperatures, thresholds, and what they come to; how large a test would settle a difference, ratios of logits.
    budget: 680,
    holds: "what a model's answers come to: confusion, calibration, intervals, paired tests; arithmetic alone",
  },
  {
    name: "core/watchdogs",
    budget: 450,
    holds: "what notices leaks, growing memory, values that are not finite, and standstill",
  },
  {
    name: "core/config",
    budget: 400,
    holds: "settings: their levels, their schema, how they are merged, where each comes from",
  },
  { name: "core/lifecycle", budget: 800, holds: "when things happen: hooks, plugins, training, stage, step, schedule" },
  // With the choice of an engine, which whoever loads a model needs as the command does.
  { name: "core/run", budget: 1200, holds: "presets, and the stages of one brought together into a run" },
  // Three settings more that a run which goes on may correct; what a calibration adds to a model's file.
  { name: "core/store", budget: 1760, holds: "what a run keeps on disk: folder, manifest, checkpoints, locks" },
  { name: "core/prediction", budget: 580, holds: "exported models found again, and asked what is on images" },
  {
    name: "core/explanation",
    budget: 450,
    holds: "where trained networks look on images: class activation maps, rollout",
  },
  {
    name: "core/export",
    // Four formats, one of them a page with its script; what calibrated models answer, in that script and in Python.
    budget: 1450,
    holds: "trained models for other software, compared with fgkd's answers before they are kept",
  },
  {
    name: "core/advice",
    budget: 560,
    holds: "what is in the way of a better student: a function for each sentence, of what was measured",
  },
  {
    name: "core/report",
    budget: 1150,
    holds: "a page about runs: what was read of their folders and measured, as one file of HTML",
  },
  {
    name: "core/reproduction",
    // With figures, scans of one number, and how many images and seeds would do.
    budget: 560,
    holds:
      "tables and figures of publications: which runs make them, what these come to, and whether that is what was published",
  },
  {
    name: "core/sweep",
    budget: 480,
    holds:
      "one experiment in many settings: from a file to numbered tasks, what sends them to a cluster, means over seeds",
  },
  { name: "core", budget: 20, holds: "the public face, `fgkd`" },
  { name: "core/testing", budget: 250, holds: "what tests of plugins need: `fgkd/testing`" },
  // Places of data sets, `fgkd data check` and its tables, variants; the tables, document and comparison of `fgkd eval`; predictions, calibration,
  // explanations, exports, pages, advice, tables of publications, sweeps. A raise is due with every command: each declares its own words.
  { name: "core/cli", budget: 6700, holds: "the command, on nothing but the public face" },
  { name: "plugins/native", holds: "what compiled parts have in common: how they are built, found and loaded" },
  { name: "plugins/layers", holds: "what networks are built of: convolutions, norms, heads, initializers" },
  { name: "plugins/backbones", holds: "networks that see, by families" },
  { name: "plugins/generators", holds: "networks that draw, and the noise that they begin with" },
  { name: "plugins/transforms", holds: "what happens to one image before it is in a batch" },
  { name: "plugins/pictures", holds: "pictures for people: heat maps, grids, labels" },
  { name: "plugins/augmenters", holds: "what mixes the images of a batch" },
  { name: "plugins/losses", holds: "terms of the loss" },
  { name: "plugins/teachers", holds: "what a teacher says of a batch, as data" },
  { name: "plugins/ensemblers", holds: "how the answers of several models become one" },
  { name: "plugins/optimizers", holds: "update rules: SGD, Adam" },
  { name: "plugins/data/archives", holds: "archives of strangers, unpacked within bounds, once" },
  { name: "plugins/data/birds", holds: "drawn birds: their anatomy, kinds and scenes" },
  { name: "plugins/data/images", holds: "from a picture's file to a batch: threads, decoding, caches" },
  { name: "plugins/data/folder", holds: "folders of classes: splits, checks, twins, ranks" },
  { name: "plugins/data/sets", holds: "published sets, lists and parquet files, as they are downloaded" },
  { name: "plugins/data/check", holds: "what fgkd data check looks at" },
  { name: "plugins/data", holds: "sources of images, as they are registered" },
  { name: "plugins/metrics", holds: "what is measured of a model's answers" },
  {
    name: "plugins/observers",
    holds: "what looks on and reports: health of generators, worth of ensembles, an early end",
  },
  { name: "plugins/engines/onednn", holds: "the engine on oneDNN and native loops" },
  { name: "plugins/engines/wasm", holds: "the engine on WebAssembly" },
  { name: "plugins/engines/webgpu", holds: "the engine on any vendor's GPU: shaders, their order, memory and reads" },
  { name: "plugins/engines", holds: "what computes: these, TensorFlow, plain JavaScript" },
  { name: "plugins", holds: "all of them, and the catalogue: `fgkd/plugins`" },
  { name: "presets", holds: "published methods as lists of plugins and settings: `fgkd/presets`" },
];

export const floors: readonly string[] = rooms.map(({ name }) => name);
