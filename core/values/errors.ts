/** Every diagnostic of fgkd: one function each, so that the caller's `throw` keeps control flow visible. */

import { systemProblem } from "./storage-problems.js";
import { knownNames, messageOf, printable, shellWord, show, suggest } from "./words.js";

/** An error that says what to do. `code` is stable; the message names plugin, option, received value and remedy. */
export class FgkdError extends Error {
  override readonly name = "FgkdError";

  constructor(
    readonly code: `FGKD_${string}`,
    message: string,
    options?: ErrorOptions,
  ) {
    super(`${code} ${printable(message)}`, options);
  }
}

/** An option of a plugin, backbone, … has a value it cannot use. */
export function invalidOption(owner: string, option: string, mustBe: string, received: unknown, remedy: string) {
  return new FgkdError(
    "FGKD_INVALID_OPTION",
    `[${owner}] option "${option}" must be ${mustBe}, received ${show(received)}. ${remedy}`,
  );
}

/** An option, or a key of the configuration, that does not exist. */
export function unknownOption(owner: string, option: string, known: readonly string[]) {
  return new FgkdError(
    "FGKD_UNKNOWN_OPTION",
    `[${owner}] has no option ${show(option)}. ${knownNames("Options", known)}${suggest(option, known)}`,
  );
}

/** A name that no registry entry, stage, preset or role answers to. `remedy`: of a name that is not mistyped. */
export function unknownName(
  kind: string,
  name: string,
  known: readonly string[],
  remedy = "If it comes from a plugin, list that plugin in the preset or config.",
) {
  return new FgkdError(
    "FGKD_UNKNOWN_NAME",
    `no ${kind} is registered as ${show(name)}. ${knownNames("Registered", known)}${suggest(name, known)} ${remedy}`,
  );
}

/** Two plugins claim one name. */
export function duplicateName(kind: string, name: string) {
  return new FgkdError(
    "FGKD_DUPLICATE_NAME",
    `a ${kind} is already registered as "${name}". Rename one of them, or list its plugin once.`,
  );
}

/** A name that cannot be that of a file, or that JavaScript uses itself. */
export function invalidName(kind: string, name: unknown, problem: string) {
  return new FgkdError(
    "FGKD_INVALID_NAME",
    `the ${kind} ${show(name)} ${problem}. It names files and settings: use letters, digits, - and _, as in "member-1".`,
  );
}

/** A plugin's factory in a list of plugins. */
export function uncalledPlugin(name: string) {
  return invalidConfig("plugins", `"${name}" is a factory, not a plugin`, "Call it: list what it returns.");
}

/** A plugin needs a field that no plugin before it set. */
export function missingField(
  plugin: string,
  field: string,
  remedy = "List the plugin that provides it before this one.",
) {
  return new FgkdError("FGKD_MISSING_FIELD", `[${plugin}] needs "${field}", which no plugin set. ${remedy}`);
}

/** A listed entry needs what nothing before it sets; told before anything runs. */
export function missingNeed(owner: string, field: string, stage: string, providers: readonly string[]) {
  const remedy = providers.length > 0 ? ` Add ${providers.join(" or ")} to the stage, before it.` : "";
  return new FgkdError(
    "FGKD_MISSING_FIELD",
    `[${owner}] needs "${field}", which nothing in stage "${stage}" sets.${remedy || " List the plugin that sets it."}`,
  );
}

/** Something threw inside a hook. A diagnostic of our own keeps its code: a file that is broken is no defect of the plugin. */
export function pluginFailed(plugin: string, hook: string, where: string, cause: unknown) {
  if (cause instanceof FgkdError) return furtherTold(cause, `(In hooks.${hook} of [${plugin}], ${where}.)`, { cause });
  return new FgkdError("FGKD_PLUGIN_FAILED", `[${plugin}] failed in hooks.${hook} (${where}): ${messageOf(cause)}`, {
    cause,
  });
}

/** A plugin, or what one registered, that cannot even be composed. */
export function notComposed(owner: string, action: string, cause: unknown) {
  return new FgkdError("FGKD_PLUGIN_FAILED", `[${owner}] failed in ${action}: ${messageOf(cause)}`, { cause });
}

/** A loss term or a gradient became NaN or infinite. */
export function notFinite(what: string, value: number, where: string) {
  return new FgkdError(
    "FGKD_NOT_FINITE",
    `${what} became ${value} in ${where}. Lower the learning rate, add warm-up epochs, or clip gradients (optimizer.clipNorm), and train anew. No weight has moved since the step before.`,
  );
}

/** The same diagnostic with a further sentence. */
export function furtherTold({ code, message }: FgkdError, words: string, options?: ErrorOptions) {
  return new FgkdError(code, `${message.slice(code.length + 1)} ${words}`, options);
}

/**
 * Two steps left more (or fewer) tensors than they found.
 *
 * @param culprits how many by the part of the run that made (or freed) them, most first
 */
export function tensorLeak(growth: number, where: string, culprits: ReadonlyMap<string, number>) {
  const who = [...culprits].slice(0, 4).map(([part, count]) => `${count} in ${part}`);
  const what = growth > 0 ? "were left behind" : "too many were freed";
  return new FgkdError(
    "FGKD_TENSOR_LEAK",
    `${Math.abs(growth)} tensors ${what} in ${where}: ${who.join(", ") || "nobody knows by whom"}. Wrap the plugin's mathematics in tf.tidy, and hand tensors on with replace(batch, …).`,
  );
}

/** The configuration says something that cannot be. */
export function invalidConfig(where: string, problem: string, remedy: string) {
  return new FgkdError("FGKD_INVALID_CONFIG", `${where}: ${problem}. ${remedy}`);
}

/** A config or preset file that throws while it is loaded. */
export function loadFailed(what: string, specifier: string, cause: unknown) {
  return new FgkdError("FGKD_LOAD_FAILED", `${what} ${show(specifier)} could not be loaded: ${messageOf(cause)}`, {
    cause,
  });
}

/** Nothing sets a class list or images where a stage needs them. */
export function noData(stage: string) {
  return new FgkdError(
    "FGKD_NO_DATA",
    `stage "${stage}" has no data. Name a folder with --data, or set data: { name: "…" } in the config.`,
  );
}

/** A source that yields fewer batches than it promised. */
export function shortPass(stage: string, received: number, promised: number) {
  return new FgkdError(
    "FGKD_SHORT_PASS",
    `the data of stage "${stage}" gave ${received} of ${promised} batches in an epoch. ${
      promised === 0
        ? "Lower the batch size, or add images."
        : "Its source must yield as many as its batchCount() says."
    }`,
  );
}

/** A path that is missing, unreadable, or not what it should be. */
export function pathProblem(path: string, problem: string, remedy: string) {
  return new FgkdError("FGKD_PATH", `${path}: ${problem}. ${remedy}`);
}

/** What the system does not let be read. `path`: where the error itself names none. */
export function readFailed(path: string, cause: unknown) {
  const found = systemProblem(cause, "read");
  const { path: own = path } = cause as NodeJS.ErrnoException;
  const words = found
    ? `${found.problem} (${found.code}). ${found.remedy}.`
    : `${messageOf(cause)}. Look at the file, and at the disk.`;
  return new FgkdError("FGKD_PATH", `${own} cannot be read: ${words}`, { cause });
}

/** A data set whose folders do not make sense. */
export function invalidData(path: string, problem: string, remedy: string) {
  return new FgkdError("FGKD_INVALID_DATA", `${path}: ${problem}. ${remedy}`);
}

/** An image that cannot be decoded. */
export function badImage(
  path: string,
  problem: string,
  remedy = "Replace or remove the file, or pass --on-bad-image skip to train without it.",
) {
  return new FgkdError("FGKD_BAD_IMAGE", `${path}: ${problem}. ${remedy}`);
}

/** A file of weights, or a checkpoint, whose bytes are not what they claim. */
export function corruptFile(path: string, problem: string, remedy: string) {
  return new FgkdError("FGKD_CORRUPT_FILE", `${path}: ${problem}. ${remedy}`);
}

/** What a hub does not give, or cannot be asked for. */
export function hubFailed(reference: string, problem: string, remedy: string, options?: ErrorOptions) {
  return new FgkdError("FGKD_HUB", `${reference}: ${problem}. ${remedy}`, options);
}

/** Weights that do not fit the model they are loaded into. `table`: lines of what does not fit. */
export function weightsMismatch(
  role: string,
  source: string,
  problems: readonly string[],
  remedy = "Choose the backbone they were made for.",
  table = "",
) {
  const shown = problems.slice(0, 6).join("; ");
  const more = problems.length > 6 ? `; and ${problems.length - 6} more` : "";
  return new FgkdError(
    "FGKD_WEIGHTS_MISMATCH",
    `weights of ${show(source)} do not fit the model of role "${role}": ${shown}${more}. ${remedy}${table && `\n${table}`}`,
  );
}

/** A run that would go on otherwise than it began. `risks`: what `--force` would cost. */
export function checkpointMismatch(path: string, differences: readonly string[], risks: readonly string[]) {
  return new FgkdError(
    "FGKD_CHECKPOINT_MISMATCH",
    `${path} would go on otherwise than it began: ${differences.join("; ")}. Restore that, start afresh with another --out, or go on with --force, at a risk: ${risks.join("; ")}.`,
  );
}

/** A file of the run folder cannot be written. `kept`: what is not lost. */
export function storageFailed(
  path: string,
  cause: unknown,
  kept = "what was written before is whole, and --resume goes on from there",
) {
  const { code, problem, remedy } = systemProblem(cause, "write") ?? {
    problem: messageOf(cause),
    remedy: "Look after the disk",
  };
  return new FgkdError(
    "FGKD_STORAGE",
    `${path} could not be written: ${problem}${code ? ` (${code})` : ""}. ${remedy}; ${kept}.`,
    { cause },
  );
}

/** Somebody took the run folder away while the run went on. */
export function folderVanished(path: string) {
  return new FgkdError(
    "FGKD_STORAGE",
    `${path} was removed or moved while the run went on, so the run was stopped. It has been written anew, with a checkpoint of the last step: go on with --resume ${shellWord(path)}.`,
  );
}

/** Another process works on the run. */
export function runLocked(path: string, holder: string, remedy: string) {
  return new FgkdError("FGKD_RUN_LOCKED", `${path} is in use by ${holder}. ${remedy}`);
}

/** Another process had the run meanwhile. */
export function runWentOn(path: string, found: string) {
  return new FgkdError(
    "FGKD_RUN_LOCKED",
    `${path}: somebody went on with this run (${found}). This process ends, and has written nothing since; take the run up again with --resume ${shellWord(path)}.`,
  );
}

/** A thread that prepares data died, or says nothing any more. */
export function workerFailed(source: string, problem: string, remedy: string, cause?: unknown) {
  return new FgkdError("FGKD_WORKER_FAILED", `[${source}] ${problem}. ${remedy} The run goes on with --resume.`, {
    cause,
  });
}

/** Resident memory that grew epoch after epoch, beyond what was allowed. */
export function memoryGrowth(account: string, where: string, limit: number, culprits = "") {
  return new FgkdError(
    "FGKD_MEMORY_GROWTH",
    `${account}, in ${where}; watchdogs.memoryLimit allows ${limit} MiB. ${culprits && `${culprits} `}Something keeps what it should let go: take plugins off the list until it stays, or go on from the last checkpoint with --resume, which starts from little.`,
  );
}

/** A run that shows no sign of life. Told by another thread, which then ends the process. */
export function stalled(part: string, where: string, seconds: string, engine: string, isBlocked: boolean) {
  const what = isBlocked ? "has not returned" : "has not come to its end";
  const why = isBlocked ? `The engine "${engine}", or a plugin, hangs` : "It waits for what does not come";
  return new FgkdError(
    "FGKD_STALLED",
    `${part} ${what} for ${seconds} s (${where}, engine "${engine}"). ${why}; the process ends. Go on from the last checkpoint with --resume; where work takes so long, raise watchdogs.stallMinutes.`,
  );
}
