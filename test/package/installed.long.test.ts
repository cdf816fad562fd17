/** The package in an empty project: as npm, pnpm and yarn install it, its documentation compiled, its command run. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asModule, documents, examplesOf, root as repository } from "../docs/blocks.js";
import { type InstalledProject, install, type Manager, managers } from "./installed.js";
import { pack } from "./pack.js";
import { standIn } from "./stand-in.js";

let root: string;
let tarball: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fgkd-installed-"));
  // Packing builds: with the checkout's compiler. The projects lie elsewhere, and see nothing of it.
  const packing = join(root, "packing");
  await mkdir(packing);
  await symlink(join(repository, "node_modules"), join(packing, "node_modules"));
  tarball = await pack(packing);
}, 300_000);

afterAll(() => rm(root, { recursive: true, force: true }), 300_000);

const examples = documents().flatMap(examplesOf);
const folderOf = (document: string) => document.replaceAll(/[^\w]/g, "-");
const modules = [
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "node16", moduleResolution: "node16" },
  { module: "esnext", moduleResolution: "bundler" },
] as const;

/** Nothing but "fgkd" is imported, as in a project whose first file this is. */
const config = `
import { defineConfig } from "fgkd";

declare module "fgkd" {
  interface Losses {
    focal: { readonly gamma?: number };
  }
}

export default defineConfig({
  preset: "dadkd",
  data: { name: "folder", path: "photos" },
  losses: [{ name: "cross-entropy", smoothing: 0.1 }, { name: "focal", gamma: 2 }],
  optimizer: { name: "sgd", momentum: 0.9, schedule: { name: "cosine" } },
  models: { student: { backbone: { name: "resnet18" }, input: { size: 128 } } },
  stages: { baseline: { enabled: false } },
  options: { focal: { gamma: 1 }, snapmix: { probability: 0.5 }, noise: { size: 100 } },
});
`;

const mistakes = [
  'preset: "dadk"',
  'preset: "dadkd", stages: { studnet: {} }',
  'preset: "dadkd", models: { studnet: {} }',
  'optimizer: { name: "sdg" }',
  "options: { focal: { gama: 1 } }",
  "options: { vocal: { gamma: 1 } }",
  "options: { noise: { sise: 1 } }",
  'data: { name: "folder", pth: "photos" }',
];

const tiny = ["--preset", "kd", "--scale", "demo", "--epochs", "1", "--batch-size", "4", "--workers", "1"];
const small = ["data.train=4", "data.test=2", "data.classes=2", "input.resize=32", "input.crop=32"];
const training = [...tiny, ...small.flatMap((setting) => ["--set", setting])];

describe.each(Object.keys(managers) as Manager[])("installed by %s", (manager) => {
  let project: InstalledProject;

  beforeAll(async () => {
    const folder = join(root, manager.replace(/\W+/g, "-"));
    await mkdir(folder);
    project = await install(manager, tarball, folder);
  }, 600_000);

  // Where a manager puts things decides what is found, not what it means; yarn's folders are those of npm.
  const compilers = { npm: ["5.9", "6"], pnpm: ["6"], yarn: [], "yarn, Plug'n'Play": ["6"] } as const;
  describe.each<"5.9" | "6">(compilers[manager])("with TypeScript %s", (compiler) => {
    test.each(modules)("every block of the documentation compiles, with $moduleResolution", async (settings) => {
      await rm(join(project.folder, "src"), { recursive: true, force: true });
      for (const example of examples)
        await project.put(join("src", folderOf(example.document), example.file), asModule(example.text));
      // TensorFlow.js has errors in its own declarations.
      expect(await project.compile(compiler, { ...settings, skipLibCheck: true })).toEqual([]);
    });

    test.each(modules)("a fgkd.config.ts is checked by itself, with $moduleResolution", async (settings) => {
      await rm(join(project.folder, "src"), { recursive: true, force: true });
      await project.put("src/fgkd.config.ts", config);
      for (const [index, mistake] of mistakes.entries())
        await project.put(
          `src/mistake-${index}.ts`,
          `import { defineConfig } from "fgkd";\nexport default defineConfig({ ${mistake} });\n`,
        );
      const found = await project.compile(compiler, { ...settings, skipLibCheck: true });
      expect(new Set(found.map((line) => line.split("(")[0]))).toEqual(
        new Set(mistakes.map((_, index) => `src/mistake-${index}.ts`)),
      );
    });

    test("fgkd's declarations have no errors of their own", async () => {
      await rm(join(project.folder, "src"), { recursive: true, force: true });
      const { exports } = JSON.parse(await readFile(join(project.installed, "package.json"), "utf8")) as {
        readonly exports: Readonly<Record<string, string | object>>;
      };
      const faces = Object.keys(exports).filter((face) => !face.endsWith(".json"));
      const lines = faces.map((face, index) => `export * as face${index} from "fgkd${face.slice(1)}";`);
      await project.put("src/all.ts", lines.join("\n"));
      const found = await project.compile(compiler, { ...modules[0], skipLibCheck: false });
      // Those of TensorFlow.js have, and of WebGPU, which it loads: against TypeScript 6's DOM, on both sides.
      expect(found.filter((line) => /^src\/|\/fgkd\//.test(line))).toEqual([]);
      expect(found.some((line) => line.includes("/tfjs-core/"))).toBe(true);
    });
  });

  test("the links of its README lead to files that are there", async () => {
    const readme = await readFile(join(project.installed, "README.md"), "utf8");
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, path]) => path as string);
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((path) => !existsSync(join(project.installed, path)))).toEqual([]);
  });

  test("the command trains", async () => {
    const { code, text } = await project.fgkd(...training, "--engine", "wasm", "--out", "run");
    expect(text).not.toContain("error");
    expect(code).toBe(0);
    expect(existsSync(join(project.folder, "run/models/student.safetensors"))).toBe(true);
  });

  test("what a user's code does not catch is shown where it is thrown", async () => {
    await project.put(
      "thrown.mjs",
      `import { createTraining, startEngine } from "fgkd";
import { engines } from "fgkd/plugins";
await startEngine(createTraining({ plugins: [engines()] }).engines.create("wasm"));
setTimeout(() => { throw new Error("mine"); });
`,
    );
    const { code, text } = await project.node("thrown.mjs");
    expect(code).toBe(1);
    expect(text).toContain("thrown.mjs:4");
    expect(text).not.toContain("tf-backend-wasm");
  });

  test("nobody is given TensorFlow's library who did not ask for it; once installed, it is found and used", async () => {
    const before = await project.fgkd("doctor");
    expect(before.text).toContain("✘ tensorflow  @tensorflow/tfjs-node-gpu: not installed");
    expect((await project.fgkd(...training, "--engine", "cuda")).text).toContain(
      'is called "tensorflow". Try: --engine tensorflow, after: npm install @tensorflow/tfjs-node-gpu',
    );
    await standIn(project);
    expect((await project.fgkd("doctor")).text).toMatch(/✔ tensorflow {2}@tensorflow\/tfjs-node-gpu loaded/);
    const { code } = await project.fgkd(...training, "--engine", "tensorflow", "--out", "on-tensorflow");
    expect(code).toBe(0);
    const manifest = JSON.parse(await readFile(join(project.folder, "on-tensorflow/manifest.json"), "utf8"));
    expect(manifest).toMatchObject({ engine: "tensorflow" });
  });
});
