/** Compiles shaders once, binds their buffers, and writes runs of them into a pass. */
import { bytesOf, type Shader, wgsl } from "./shader.js";

export class Dispatcher {
  private readonly pipelines = new Map<string, GPUComputePipeline>();

  constructor(private readonly device: GPUDevice) {}

  encode(
    pass: GPUComputePassEncoder,
    shader: Shader,
    buffers: readonly GPUBuffer[],
    numbers: Readonly<Record<string, number>> | undefined,
    groups: readonly [number, number, number],
  ): void {
    const pipeline = this.pipelineOf(shader);
    const bound = shader.numbers?.length ? [...buffers, this.uniformOf(shader.numbers, numbers ?? {})] : buffers;
    pass.setPipeline(pipeline);
    pass.setBindGroup(
      0,
      this.device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: bound.map((buffer, binding) => ({ binding, resource: { buffer } })),
      }),
    );
    pass.dispatchWorkgroups(...groups);
  }

  private pipelineOf(shader: Shader): GPUComputePipeline {
    const known = this.pipelines.get(shader.key);
    if (known) return known;
    const module = this.device.createShaderModule({ label: shader.key, code: wgsl(shader) });
    const pipeline = this.device.createComputePipeline({
      label: shader.key,
      layout: "auto",
      compute: { module, entryPoint: "main" },
    });
    this.pipelines.set(shader.key, pipeline);
    return pipeline;
  }

  private uniformOf(fields: NonNullable<Shader["numbers"]>, values: Readonly<Record<string, number>>): GPUBuffer {
    const bytes = bytesOf(fields, values);
    const buffer = this.device.createBuffer({
      size: bytes.byteLength,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.device.queue.writeBuffer(buffer, 0, bytes);
    return buffer;
  }
}
