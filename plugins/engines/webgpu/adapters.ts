/** The adapters of this machine: those of Dawn in Node, or the one that a browser gives. */

/** A GPU, or what stands in for one, and what it says of itself. */
export interface Adapter {
  /** As its driver calls it. */
  readonly name: string;
  readonly adapter: GPUAdapter;
  /** Whether the processor computes in its place. */
  readonly isSoftware: boolean;
  /** What implements WebGPU, and its version. */
  readonly implementation: string;
  /** Has tfjs find `navigator.gpu`. */
  provide(): Promise<void>;
}

/** No adapter, or not the one that was asked for. */
export class AdapterError extends Error {
  constructor(
    message: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}

/** Which adapter: by its place in the list, or a part of its name; null is the first. */
export type Wanted = string | number | null;

/**
 * Names of the adapters, the most powerful first.
 *
 * @throws Error when nothing that could have adapters is here; its words say what is missing
 */
export async function adapterNames(): Promise<readonly string[]> {
  const gpu = await ofBrowser();
  if (gpu) return [await adapterIn(gpu)].flatMap((adapter) => (adapter ? [adapter.name] : []));
  return (await dawn()).adapterNames(power);
}

/** Whether it can be chosen: Dawn, asked for a name, gives the first adapter that has it as a part of its own. */
export function isReachable(names: readonly string[], at: number): boolean {
  return names.findIndex((name) => name.includes(names[at] as string)) === at;
}

/** @throws Error when there is none of that name or number, or nothing that could have adapters */
export async function chooseAdapter(wanted: Wanted): Promise<Adapter> {
  const names = await adapterNames();
  if (names.length === 0) throw new Error("no adapter answers");
  const at = placeOf(wanted, names);
  const name = names[at];
  if (name === undefined)
    throw new AdapterError(`no adapter is ${JSON.stringify(wanted)}`, `choose one of ${listed(names)} by device`);
  if (!isReachable(names, at))
    throw new AdapterError(
      `adapter ${at} cannot be chosen, since one before it has its name: ${listed(names)}`,
      "show this process that one alone; docs/guides/gpu.md says how",
    );
  const adapter = await openAdapter(name);
  if (!adapter) throw new Error(`adapter "${name}" does not answer`);
  return adapter;
}

/** The adapter of this name, if it answers. */
export async function openAdapter(name: string): Promise<Adapter | undefined> {
  const gpu = await ofBrowser();
  return gpu ? adapterIn(gpu) : adapterIn(await (await dawn()).dawnWith(name), name);
}

const power: GPURequestAdapterOptions = { powerPreference: "high-performance" };

const page = globalThis as { readonly navigator?: { readonly gpu?: GPU; readonly userAgent?: string } };

async function ofBrowser(): Promise<GPU | undefined> {
  const gpu = page.navigator?.gpu;
  return gpu && !("process" in globalThis && (await dawn()).isDawn(gpu)) ? gpu : undefined;
}

function dawn(): Promise<typeof import("./dawn.js")> {
  return import("./dawn.js");
}

function placeOf(wanted: Wanted, names: readonly string[]): number {
  if (typeof wanted !== "string") return wanted ?? 0;
  return names.findIndex((name) => name.toLowerCase().includes(wanted.toLowerCase()));
}

function listed(names: readonly string[]): string {
  return names.map((name, at) => `${at} "${name}"`).join(", ");
}

const software = /swiftshader|llvmpipe|lavapipe|softpipe|basic render/i;

/** @param given its name, where Dawn has told it; browsers tell less */
async function adapterIn(gpu: GPU, given?: string): Promise<Adapter | undefined> {
  const adapter = await gpu.requestAdapter(power);
  if (!adapter) return undefined;
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const name = given ?? (description || device || `${vendor} ${architecture}`);
  const isSoftware = isFallbackAdapter || software.test(`${name} ${description} ${architecture}`);
  const isBrowser = given === undefined;
  return {
    name,
    adapter,
    isSoftware,
    implementation: isBrowser ? (page.navigator?.userAgent ?? "a browser") : (await dawn()).dawnVersion(),
    provide: async () => (isBrowser ? undefined : (await dawn()).provide(gpu)),
  };
}
