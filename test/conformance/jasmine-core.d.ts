/** The part of jasmine-core, which ships no types, that the conformance runner uses. */
declare module "jasmine-core" {
  const jasmineCore: JasmineCore;
  export = jasmineCore;
}

interface SpecResult {
  readonly fullName: string;
  readonly status: "passed" | "failed" | "pending" | "excluded";
  readonly failedExpectations: readonly { readonly message: string }[];
}

interface JasmineEnv {
  configure(settings: {
    random: boolean;
    forbidDuplicateNames: boolean;
    specFilter(spec: { getFullName(): string }): boolean;
  }): void;
  clearReporters(): void;
  addReporter(reporter: { specDone?(result: SpecResult): void; suiteDone?(result: SpecResult): void }): void;
  execute(): Promise<unknown>;
}

interface JasmineCore {
  readonly jasmine: { DEFAULT_TIMEOUT_INTERVAL: number; getEnv(): JasmineEnv };
  installGlobals(): void;
}
