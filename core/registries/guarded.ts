/** Calls code of plugins outside of hooks; inside, core/lifecycle/hooks.ts names what fails. */
import { FgkdError, notComposed } from "../values/errors.js";

/**
 * Does the work; what it throws names its owner, unless it is a diagnostic of our own, which does so already.
 *
 * @throws FGKD_PLUGIN_FAILED
 */
export function guarded<T>(owner: string, action: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw cause instanceof FgkdError ? cause : notComposed(owner, action, cause);
  }
}
