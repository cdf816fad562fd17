/** What kind of failure an exit code tells of, as sysexits(3) numbers them; docs/reference/exit-codes.md lists them. */
import type { FgkdError } from "../index.js";

/** The command line, settings, a preset or data are not as they must be: nothing has begun. */
const refused = 1;

/** A defect: of a plugin, or of fgkd. */
export const defect = 70;

const byCode: Readonly<Record<string, number>> = {
  FGKD_CORRUPT_FILE: 65,
  FGKD_CHECKPOINT_MISMATCH: 65,
  FGKD_WEIGHTS_MISMATCH: 65,
  FGKD_BAD_IMAGE: 65,
  FGKD_ENGINE_UNAVAILABLE: 69,
  FGKD_HUB: 69,
  FGKD_PLUGIN_FAILED: defect,
  FGKD_TENSOR_LEAK: defect,
  FGKD_SHORT_PASS: defect,
  FGKD_MISSING_FIELD: defect,
  FGKD_WORKER_FAILED: 71,
  FGKD_OUT_OF_MEMORY: 71,
  FGKD_ENGINE_FAILED: 71,
  FGKD_MEMORY_GROWTH: 71,
  FGKD_STORAGE: 74,
  FGKD_RUN_LOCKED: 75,
  FGKD_NOT_FINITE: 78,
};

/** Of a diagnostic, or of the one it wraps: what a hook threw says more than that a hook threw. */
export function exitCodeOf(error: FgkdError): number {
  const { cause } = error;
  const inner = isDiagnostic(cause) ? exitCodeOf(cause) : undefined;
  return inner ?? byCode[error.code] ?? refused;
}

function isDiagnostic(cause: unknown): cause is FgkdError {
  return cause instanceof Error && cause.name === "FgkdError";
}
