/** An empty project of strangers in which a package manager installs fgkd from its tarball. Needs a registry. */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { blocksOf } from "../docs/blocks.js";

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
  yarn: ["npx", "--yes", "@yarnpkg/cli-dist@4", "add"],
  "yarn, Plug'n'Play": ["npx", "--yes", "@yarnpkg/cli-dist@4", "add"],
} as const;

export type Manager = keyof typeof managers;

/** As a project of yarn's is configured; what the guide tells users of Plug'n'Play to write stands at its end. */
const yarnrc = (linker: string, asTheGuideSays = "") =>
  `nodeLinker: ${linker}\nenableScripts: false\nenableTelemetry: false\nenableImmutableInstalls: false\n${asTheGuideSays}`;

function settingsOf(manager: Manager): Readonly<Record<string, string>> {
  if (manager === "yarn") return { ".yarnrc.yml": yarnrc("node-modules"), "yarn.lock": "" };
  if (manager !== "yarn, Plug'n'Play") return {};
  const block = blocksOf("docs/guides/engines.md").find(({ text }) => text.includes("packageExtensions"));
  if (!block) throw new Error("docs/guides/engines.md has lost what users of Plug'n'Play have to write");
  return { ".yarnrc.yml": yarnrc("pnp", block.text), "yarn.lock": "" };
}

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
  /** Adds a package that lies in a folder of the project, as its manager would. */
  addFolder(name: string, place: string): Promise<void>;
}

export async function install(manager: Manager, tarball: string, folder: string): Promise<InstalledProject> {
  const put = async (file: string, text: string) => {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  };
  await put("package.json", JSON.stringify({ name: "stranger", private: true, type: "module" }));
  for (const [file, text] of Object.entries(settingsOf(manager))) await put(file, text);
  const [command, ...words] = managers[manager];
  const add = (...packages: readonly string[]) => execute(command, [...words, ...packages], { cwd: folder });
  await add(tarball, ...dependencies);
  const isPnp = manager === "yarn, Plug'n'Play";
  // There is no node_modules then: Node asks the table that yarn has written, as yarn has it do in what it starts.
  const finding = `--require ${folder}/.pnp.cjs --experimental-loader ${pathToFileURL(folder)}/.pnp.loader.mjs`;
  const node = (...words: readonly string[]) => run(process.execPath, words, folder, isPnp ? finding : "");
  const resolve = async () => (await node("--print", 'require.resolve("fgkd/package.json")')).text.split("\n")[0] ?? "";
  const installed = isPnp ? dirname(await resolve()) : join(folder, "node_modules/fgkd");
  return {
    folder,
    installed,
    put,
    node,
    fgkd: (...words) => node(join(installed, "dist/core/cli/main.js"), ...words),
    addFolder: async (name, place) => void (await add(`${name}@file:./${place}`)),
    compile: async (compiler, options) => {
      const compilerOptions = { target: "es2022", strict: true, noEmit: true, types: ["node"], ...options };
      await put("tsconfig.json", JSON.stringify({ compilerOptions, include: ["**/*.ts"], exclude: ["node_modules"] }));
      const file = `${compilers[compiler]}/bin/tsc`;
      const start = isPnp
        ? ["--eval", `process.argv.splice(1, 0, ""); require("${file}")`, "--"]
        : [join("node_modules", file)];
      const { text } = await node(...start, "--pretty", "false");
      return text.split("\n").filter((line) => line.includes(": error "));
    },
  };
}

async function run(command: string, words: readonly string[], cwd: string, nodeOptions: string): Promise<Output> {
  return execute(command, words, { cwd, env: { ...process.env, NODE_OPTIONS: nodeOptions } }).then(
    ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
    ({ code, stdout, stderr }: { readonly code: number; readonly stdout: string; readonly stderr: string }) => ({
      code,
      text: stdout + stderr,
    }),
  );
}
