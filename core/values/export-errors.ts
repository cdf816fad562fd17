/** Diagnostics of exports: see `errors.ts`, whose idiom this is. */
import { FgkdError } from "./errors.js";

/** A network that cannot be written as a graph, or not in a format. */
export function notExportable(owner: string, problem: string, remedy: string) {
  return new FgkdError("FGKD_NOT_EXPORTABLE", `[${owner}] ${problem}. ${remedy}`);
}

/** An exported model that does not answer as the model does that it was made of; or of which nobody could tell. */
export function exportMismatch(file: string, problem: string, remedy: string) {
  return new FgkdError("FGKD_EXPORT_MISMATCH", `${file}: ${problem}. ${remedy} Nothing was written.`);
}
