/** Compiles shaders once, binds buffers once for each set of them, and writes runs into the open pass. */
import type { Commands } from "./commands.js";
import { Numbers } from "./numbers.js";
import { Recent } from "./recent.js";
import { type KnownRun, RunAgain } from "./run-again.js";
import { type NumberField, type Shader, sizeOfNumbers, wgsl, wordsOf } from "./shader.js";
import type { Slot, View } from "./slot.js";
import type { Witness } from "./witness.js";

/** What was done since the start, for tests and measurements. */
export interface DispatchCounts {
  dispatches: number;
  /** Of these, those of recordings on buffers that they were run on before. */
  prepared: number;
  pipelines: number;
  bindGroups: number;
}

/** A run with its buffers. */
export interface BoundRun {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  /** Of its numbers, where that is told with each dispatch. */
  readonly offset: readonly number[] | undefined;
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Bind groups remembered of one layout: some training steps of a large network. */
const remembered = 8192;

/** What pipelines with like bindings share. */
interface Layout {
  readonly bindings: GPUBindGroupLayout;
  readonly pipelines: GPUPipelineLayout;
  readonly groups: Recent<string, GPUBindGroup>;
}

/** A pipeline that tfjs made, and the buffers that it was bound to. */
interface Foreign {
  readonly key: string;
  readonly groups: Recent<string, GPUBindGroup>;
}

/** Where numbers are bound, if there are any. */
type Numbered = { readonly offset: number; readonly size: number } | undefined;

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
  readonly counts: DispatchCounts = { dispatches: 0, prepared: 0, pipelines: 0, bindGroups: 0 };
  readonly #compiled = new Map<string, Compiled>();
  readonly #layouts = new Map<string, Layout>();
  readonly #foreign = new Map<GPUComputePipeline, Foreign>();
  readonly #numbers: Numbers;
  readonly #offset = [0];
  /** Of the numbers that were asked for last. */
  #key = "";
  /** Told of each run, while a recording is made. */
  witness: Pick<Witness, "ran" | "gathered" | "refuse"> | undefined;
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
    const group = this.groupOf(layout, views, numbers > 0 ? { offset: 0, size: numbers } : undefined);
    const pass = this.commands.openPass();
    this.setPipeline(pass, pipeline);
    if (numbers > 0) pass.setBindGroup(0, group, this.#offset);
    else pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(x, y, z);
    this.dispatched(views);
    if (!this.witness) return;
    this.witness.ran(new RunAgain(this.knownRun(compiled, shader, views, values, [x, y, z])), views);
  }

  /** Of the places of numbers: what `again` returns holds as long as this. */
  get age(): number {
    return this.#numbers.age;
  }

  /** Writes runs that are known with their buffers, all of which are among these slots. */
  encodeAll(runs: readonly BoundRun[], slots: readonly Slot[]): void {
    const { commands } = this;
    for (let at = 0; at < runs.length; at++) {
      const { pipeline, group, offset, x, y, z } = runs[at] as BoundRun;
      const pass = commands.openPass();
      this.setPipeline(pass, pipeline);
      if (offset) pass.setBindGroup(0, group, offset);
      else pass.setBindGroup(0, group);
      // Each number costs a call's tenth.
      if (y === 1 && z === 1) pass.dispatchWorkgroups(x);
      else pass.dispatchWorkgroups(x, y, z);
      commands.dispatched();
    }
    this.counts.dispatches += runs.length;
    this.counts.prepared += runs.length;
    // Some are in commands that were handed over already: that they seem to be in later ones does no harm.
    const { serial } = commands;
    for (let at = 0; at < slots.length; at++) (slots[at] as Slot).lastUsed = serial;
  }

  /** Writes a run that was noted, over those of the slots whose places are said. @returns it, with these */
  again(run: RunAgain, slots: readonly Slot[], places: readonly number[]): BoundRun {
    const { pipeline, groups, numbers, isDynamic } = run.known;
    if (numbers && run.age !== this.#numbers.age)
      run.moveTo(
        this.#numbers.offsetOf(numbers.key, () => numbers.words),
        this.#numbers.age,
      );
    const group = run.groupFor(slots, places);
    const pass = this.commands.openPass();
    this.setPipeline(pass, pipeline);
    if (numbers && isDynamic) {
      this.#offset[0] = run.offset;
      pass.setBindGroup(0, group, this.#offset);
    } else pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(groups[0], groups[1], groups[2]);
    const { serial } = this.commands;
    for (let at = 0; at < places.length; at++) (slots[places[at] as number] as Slot).lastUsed = serial;
    this.counts.dispatches++;
    this.commands.dispatched();
    const [x, y, z] = groups;
    return { pipeline, group, offset: numbers && isDynamic ? [run.offset] : undefined, x, y, z };
  }

  /** Writes a run of a shader of tfjs, whose bindings end with numbers. */
  encodeForeign(
    pipeline: GPUComputePipeline,
    views: readonly View[],
    words: Uint32Array<ArrayBuffer>,
    [x, y, z]: readonly [number, number, number],
  ): void {
    const numbersKey = words.join();
    const offset = this.#numbers.offsetOf(numbersKey, () => words);
    let foreign = this.#foreign.get(pipeline);
    if (!foreign) {
      foreign = { key: `tfjs/${this.#foreign.size}`, groups: new Recent(remembered) };
      this.#foreign.set(pipeline, foreign);
      this.counts.pipelines++;
    }
    const key = `${keyOf(views)}${offset}`;
    let group = foreign.groups.get(key);
    if (!group) {
      group = this.bind(pipeline.getBindGroupLayout(0), views, { offset, size: words.byteLength });
      foreign.groups.set(key, group);
    }
    const pass = this.commands.openPass();
    this.setPipeline(pass, pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(x, y, z);
    this.dispatched(views);
    if (!this.witness) return;
    const numbers = { key: numbersKey, words };
    const known = { key: foreign.key, pipeline, groups: [x, y, z] as const, numbers, isDynamic: false };
    const bind = (slots: readonly Slot[], offset: number) =>
      this.bind(pipeline.getBindGroupLayout(0), alike(slots, views), { offset, size: words.byteLength });
    this.witness.ran(new RunAgain({ ...known, bind }), views);
  }

  private knownRun(
    { pipeline, layout, numbers, fields }: Compiled,
    { key }: Shader,
    views: readonly View[],
    values: Readonly<Record<string, number>>,
    groups: readonly [number, number, number],
  ): KnownRun {
    const numbered = numbers > 0 ? { offset: 0, size: numbers } : undefined;
    return {
      key,
      pipeline,
      groups,
      numbers: numbered && { key: this.#key, words: wordsOf(fields, values) },
      isDynamic: true,
      // Those that are bound already, by whoever it was.
      bind: (slots) => this.groupOf(layout, alike(slots, views), numbered),
    };
  }

  private groupOf(layout: Layout, views: readonly View[], numbers: Numbered): GPUBindGroup {
    const key = keyOf(views);
    const known = layout.groups.get(key);
    if (known) return known;
    const group = this.bind(layout.bindings, views, numbers);
    layout.groups.set(key, group);
    return group;
  }

  private offsetOf({ fields, types }: Compiled, values: Readonly<Record<string, number>>): number {
    let key = types;
    // Minus zero is written as zero.
    for (const { name } of fields) key += Object.is(values[name], -0) ? "-0 " : `${values[name]} `;
    this.#key = key;
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

  private bind(layout: GPUBindGroupLayout, views: readonly View[], numbers: Numbered): GPUBindGroup {
    this.counts.bindGroups++;
    const entries: GPUBindGroupEntry[] = views.map(({ slot, bytes }, binding) => ({
      binding,
      resource: { buffer: slot.buffer, offset: slot.offset, size: bytes },
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

/** Other slots, of which a shader sees as much. */
function alike(slots: readonly Slot[], views: readonly View[]): readonly View[] {
  return slots.map((slot, at) => ({ slot, bytes: (views[at] as View).bytes }));
}

function keyOf(views: readonly View[]): string {
  let key = "";
  for (const { slot, bytes } of views) key += `${slot.id}:${bytes} `;
  return key;
}
