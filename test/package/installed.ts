/** An empty project of strangers in which a package manager installs fgkd from its tarball. Needs a registry. */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** TypeScript's versions, by the folder they are installed in. */
const compilers = { "5.9": "typescript-5.9", "6": "typescript" } as const;

const dependencies = [
  // In a strict layout a project finds what it lists itself, and nothing else.
  "@tensorflow/tfjs@4",
  "@types/node@20",
  // What a page's plugin describes its options with: a strict layout shows nobody the packages of others.
  "zod@4",
  "typescript@6",
  "typescript-5.9@npm:typescript@5.9",
] as const;

/** The words that install packages, without running scripts of theirs: pnpm does not, and npm 12 asks. */
export const managers = {
  npm: ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"],
  pnpm: ["npx", "--yes", "pnpm@10", "add", "--ignore-scripts", "--prefer-offline"],
} as const;

interface Output {
  readonly code: number;
  /** Of both streams. */
  readonly text: string;
}

export interface InstalledProject {
  readonly folder: string;
  /** Of fgkd, where the manager put it. */
  readonly installed: string;
  /** Writes a file, with the folders above it. */
  put(file: string, text: string): Promise<void>;
  /** Runs JavaScript or the command in it. */
  node(...words: readonly string[]): Promise<Output>;
  fgkd(...words: readonly string[]): Promise<Output>;
  /** @returns what the compiler finds, a line each */
  compile(compiler: keyof typeof compilers, options: Readonly<Record<string, unknown>>): Promise<readonly string[]>;
}

export async function install(
  manager: keyof typeof managers,
  tarball: string,
  folder: string,
): Promise<InstalledProject> {
  const put = async (file: string, text: string) => {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  };
  await put("package.json", JSON.stringify({ name: "stranger", private: true, type: "module" }));
  const [command, ...words] = managers[manager];
  await execute(command, [...words, tarball, ...dependencies], { cwd: folder });
  const installed = join(folder, "node_modules/fgkd");
  const node = (...words: readonly string[]) => run(process.execPath, words, folder);
  return {
    folder,
    installed,
    put,
    node,
    fgkd: (...words) => node(join(installed, "dist/core/cli/main.js"), ...words),
    compile: async (compiler, options) => {
      const compilerOptions = { target: "es2022", strict: true, noEmit: true, types: ["node"], ...options };
      await put("tsconfig.json", JSON.stringify({ compilerOptions, include: ["**/*.ts"], exclude: ["node_modules"] }));
      const { text } = await node(join("node_modules", compilers[compiler], "bin/tsc"), "--pretty", "false");
      return text.split("\n").filter((line) => line.includes(": error "));
    },
  };
}

async function run(command: string, words: readonly string[], cwd: string): Promise<Output> {
  return execute(command, words, { cwd }).then(
    ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
    ({ code, stdout, stderr }: { readonly code: number; readonly stdout: string; readonly stderr: string }) => ({
      code,
      text: stdout + stderr,
    }),
  );
}
