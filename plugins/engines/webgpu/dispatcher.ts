/** Compiles shaders once, binds buffers once for each set of them, and writes runs into the open pass. */
import type { Commands } from "./commands.js";
import { Numbers } from "./numbers.js";
import { Recent } from "./recent.js";
import { type NumberField, type Shader, sizeOfNumbers, wgsl, wordsOf } from "./shader.js";
import type { View } from "./slot.js";

/** What was done since the start, for tests and measurements. */
export interface DispatchCounts {
  dispatches: number;
  pipelines: number;
  bindGroups: number;
}

/** Bind groups remembered of one layout: some training steps of a large network. */
const remembered = 8192;

/** What pipelines with like bindings share. */
interface Layout {
  readonly bindings: GPUBindGroupLayout;
  readonly pipelines: GPUPipelineLayout;
  readonly groups: Recent<string, GPUBindGroup>;
}

interface Compiled {
  readonly pipeline: GPUComputePipeline;
  readonly layout: Layout;
  /** Bytes of its numbers; 0 for none. */
  readonly numbers: number;
  readonly fields: readonly NumberField[];
  /** Of its fields' types: like numbers of like types are the same words. */
  readonly types: string;
}

export class Dispatcher {
  readonly counts: DispatchCounts = { dispatches: 0, pipelines: 0, bindGroups: 0 };
  readonly #compiled = new Map<string, Compiled>();
  readonly #layouts = new Map<string, Layout>();
  readonly #foreign = new Map<GPUComputePipeline, Recent<string, GPUBindGroup>>();
  readonly #numbers: Numbers;
  readonly #offset = [0];
  #pass: GPUComputePassEncoder | undefined;
  #pipeline: GPUComputePipeline | undefined;

  constructor(
    private readonly device: GPUDevice,
    private readonly commands: Commands,
  ) {
    this.#numbers = new Numbers(device, commands);
  }

  /** Writes a run of one of our shaders. */
  encode(
    shader: Shader,
    views: readonly View[],
    values: Readonly<Record<string, number>> = {},
    [x, y, z]: readonly [number, number, number],
  ): void {
    const compiled = this.#compiled.get(shader.key) ?? this.compile(shader);
    const { pipeline, layout, numbers } = compiled;
    // First: where there is no room for other numbers, commands are handed over, and a pass ends.
    if (numbers > 0) this.#offset[0] = this.offsetOf(compiled, values);
    const key = keyOf(views);
    let group = layout.groups.get(key);
    if (!group) {
      group = this.bind(layout.bindings, views, numbers > 0 ? { offset: 0, size: numbers } : undefined);
      layout.groups.set(key, group);
    }
    const pass = this.commands.openPass();
    this.setPipeline(pass, pipeline);
    if (numbers > 0) pass.setBindGroup(0, group, this.#offset);
    else pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(x, y, z);
    this.dispatched(views);
  }

  /** Writes a run of a shader of tfjs, whose bindings end with numbers. */
  encodeForeign(
    pipeline: GPUComputePipeline,
    views: readonly View[],
    words: Uint32Array<ArrayBuffer>,
    [x, y, z]: readonly [number, number, number],
  ): void {
    const offset = this.#numbers.offsetOf(words.join(), () => words);
    let groups = this.#foreign.get(pipeline);
    if (!groups) {
      groups = new Recent(remembered);
      this.#foreign.set(pipeline, groups);
      this.counts.pipelines++;
    }
    const key = `${keyOf(views)}${offset}`;
    let group = groups.get(key);
    if (!group) {
      group = this.bind(pipeline.getBindGroupLayout(0), views, { offset, size: words.byteLength });
      groups.set(key, group);
    }
    const pass = this.commands.openPass();
    this.setPipeline(pass, pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(x, y, z);
    this.dispatched(views);
  }

  private offsetOf({ fields, types }: Compiled, values: Readonly<Record<string, number>>): number {
    let key = types;
    // Minus zero is written as zero.
    for (const { name } of fields) key += Object.is(values[name], -0) ? "-0 " : `${values[name]} `;
    return this.#numbers.offsetOf(key, () => wordsOf(fields, values));
  }

  /** What is set already need not be set again. */
  private setPipeline(pass: GPUComputePassEncoder, pipeline: GPUComputePipeline): void {
    if (pass === this.#pass && pipeline === this.#pipeline) return;
    pass.setPipeline(pipeline);
    this.#pass = pass;
    this.#pipeline = pipeline;
  }

  private dispatched(views: readonly View[]): void {
    const { serial } = this.commands;
    for (const { slot } of views) slot.lastUsed = serial;
    this.counts.dispatches++;
    this.commands.dispatched();
  }

  private bind(
    layout: GPUBindGroupLayout,
    views: readonly View[],
    numbers: { readonly offset: number; readonly size: number } | undefined,
  ): GPUBindGroup {
    this.counts.bindGroups++;
    const entries: GPUBindGroupEntry[] = views.map(({ slot, bytes }, binding) => ({
      binding,
      resource: { buffer: slot.buffer, size: bytes },
    }));
    if (numbers) entries.push({ binding: views.length, resource: { buffer: this.#numbers.buffer, ...numbers } });
    return this.device.createBindGroup({ layout, entries });
  }

  private compile(shader: Shader): Compiled {
    const layout = this.layoutOf(shader);
    const module = this.device.createShaderModule({ label: shader.key, code: wgsl(shader) });
    const pipeline = this.device.createComputePipeline({
      label: shader.key,
      layout: layout.pipelines,
      compute: { module, entryPoint: "main" },
    });
    const fields = shader.numbers ?? [];
    const types = fields.map(({ type }) => type[0]).join("");
    const compiled = { pipeline, layout, numbers: sizeOfNumbers(fields), fields, types };
    this.#compiled.set(shader.key, compiled);
    this.counts.pipelines++;
    return compiled;
  }

  private layoutOf({ reads, writes, numbers = [] }: Shader): Layout {
    const size = sizeOfNumbers(numbers);
    const key = `${reads.length} ${writes.length} ${size}`;
    const known = this.#layouts.get(key);
    if (known) return known;
    const buffers: GPUBufferBindingLayout[] = [
      ...reads.map(() => ({ type: "read-only-storage" as const })),
      ...writes.map(() => ({ type: "storage" as const })),
      ...(size > 0 ? [{ type: "uniform" as const, hasDynamicOffset: true }] : []),
    ];
    const bindings = this.device.createBindGroupLayout({
      entries: buffers.map((buffer, binding) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer })),
    });
    const pipelines = this.device.createPipelineLayout({ bindGroupLayouts: [bindings] });
    const layout = { bindings, pipelines, groups: new Recent<string, GPUBindGroup>(remembered) };
    this.#layouts.set(key, layout);
    return layout;
  }
}

function keyOf(views: readonly View[]): string {
  let key = "";
  for (const { slot, bytes } of views) key += `${slot.id}:${bytes} `;
  return key;
}
