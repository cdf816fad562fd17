/** Where words for the user go. */

export interface Logger {
  info(message: string): void;
  warn(message: string): void;
}

/** Says nothing: the default of a composed but unattended training. */
export const silentLogger: Logger = { info: () => {}, warn: () => {} };
