/** A message of fgkd's that proposes a command: how fgkd comes to say it, and what becomes of the command as it was printed. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { createWorld, type World, type WorldOptions } from "../../core/cli/world.js";

export interface Situation {
  /** The text of the source, what is filled in at run time being `…`. */
  readonly told: string;
  /** Brings fgkd to say it, types what it proposes, and looks whether that holds. */
  tried(told: string): Promise<void>;
}

/**
 * The text as it was printed.
 *
 * @throws when it was not
 */
export function heard(told: string, printed: string): string {
  const parts = told
    .split("…")
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(/\s+/g, "\\s+"));
  const found = new RegExp(`${parts.join(".*?")}${told.endsWith("…") ? "\\S*" : ""}`).exec(printed)?.[0];
  if (found === undefined) throw new Error(`"${told}" was not told, but:\n${printed}`);
  return found;
}

/** The part of a printed text that is typed, without what ends the sentence. */
export function typed(text: string, command: RegExp): string {
  const found = command.exec(text)?.[0]?.replace(/[.,;:)`"]+$/, "");
  if (found === undefined) throw new Error(`${command} is not in: ${text}`);
  return found.replace(/^(npx )?fgkd /, "");
}

/** A run folder or a name that is proposed with `--resume`. */
export const resume = /--resume \S+/;

/** Types a command, which must go well and not say the same again. @returns what it printed */
export async function works(world: World, line: string, said?: string): Promise<string> {
  const [out, err] = [world.out.length, world.err.length];
  const code = await world.fgkd(line);
  const printed = world.out.slice(out) + world.err.slice(err);
  expect(code, `fgkd ${line}\n${printed}`).toBe(0);
  if (said !== undefined) expect(printed).not.toContain(said);
  return printed;
}

/** Types a command that must fail. @returns what it printed */
export async function fails(world: World, line: string): Promise<string> {
  const [out, err] = [world.out.length, world.err.length];
  const code = await world.fgkd(line);
  const printed = world.out.slice(out) + world.err.slice(err);
  expect(code, `fgkd ${line}\n${printed}`).not.toBe(0);
  return printed;
}

/** A world, with files in its folder. */
export async function worldWith(files: Readonly<Record<string, string>> = {}, options: WorldOptions = {}) {
  const world = await createWorld(options);
  for (const [file, text] of Object.entries(files)) await put(world, file, text);
  return world;
}

export async function put(world: World, file: string, text: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(world.cwd, file)), { recursive: true });
  await writeFile(join(world.cwd, file), text);
}

/** A world with a run of `toy` in `runs/toy-1`. */
export async function worldWithRun(line = "--preset toy --epochs 1 --quiet", options: WorldOptions = {}) {
  const world = await createWorld(options);
  await works(world, line);
  return world;
}

/** A world whose user presses Ctrl-C at the n-th look at the clock: the teacher of `toy` takes twelve. */
export async function worldStoppedAt(look: number, options: WorldOptions = {}): Promise<World> {
  const world = await createWorld({ ...options, onLook: (at, self) => at === look && self.pressCtrlC() });
  expect(await world.fgkd("--preset toy"), world.err).toBe(130);
  return world;
}

/** What npm would do, whose registry is far: a package with one module. */
export async function install(world: World, name: string, module: string): Promise<void> {
  await put(world, `node_modules/${name}/package.json`, JSON.stringify({ name, type: "module", main: "index.js" }));
  await put(world, `node_modules/${name}/index.js`, module);
}
