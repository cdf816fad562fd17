/** Refuses runs that a device would refuse later, or that would end a process. */
import * as tf from "@tensorflow/tfjs";
import type { Dispatch } from "./shader.js";

/** @throws where the numbers of tensors are not the shader's, a tensor is empty, or there are too many workgroups */
export function checkRun({ shader, reads, writes, groups }: Dispatch, limits: GPUSupportedLimits): void {
  if (reads.length !== shader.reads.length || writes.length !== shader.writes.length)
    throw refusedRun(
      shader.key,
      `${shader.reads.length} tensors to read and ${shader.writes.length} to write, not ${reads.length} and ${writes.length}`,
    );
  for (const tensor of reads) checkTensor(shader.key, tensor);
  for (const tensor of writes) checkTensor(shader.key, tensor);
  for (const count of groups)
    if (!(count >= 1 && count <= limits.maxComputeWorkgroupsPerDimension && Number.isInteger(count)))
      throw refusedRun(
        shader.key,
        `1 to ${limits.maxComputeWorkgroupsPerDimension} workgroups along each axis, not ${groups.join(" × ")}`,
      );
}

function checkTensor(key: string, { shape, dtype }: tf.TensorInfo): void {
  if (tf.util.sizeFromShape(shape) === 0) throw refusedRun(key, `tensors that are not empty, not [${shape}]`);
  if (dtype === "string" || dtype === "complex64") throw refusedRun(key, `numbers of 32 bits, not ${dtype}`);
}

function refusedRun(key: string, wanted: string): Error {
  return new Error(`webgpu: the shader ${key} takes ${wanted}`);
}
