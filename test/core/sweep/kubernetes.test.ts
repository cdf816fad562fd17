import { describe, expect, test } from "vitest";
import { kubernetesJob } from "../../../core/index.js";
import { jobSchema } from "./job-schema.js";

const kubernetes = { image: "registry.example/fgkd:1", claim: "work" };
const sending = {
  ...{ name: "Rates_1", file: "/home/a/sweeps/my rates.yaml", folder: "/home/a/sweeps", logs: "/home/a/sweeps/logs" },
  command: "fgkd",
};
const jobOf = (cluster: object) =>
  jobSchema.parse(kubernetesJob({ ...sending, cluster: { kubernetes, ...cluster } }, 8));

describe("the manifest of an Indexed Job", () => {
  test("is one by the schema of batch/v1, with and without what may be left out", () => {
    expect(jobOf({}).spec).toMatchObject({ completions: 8, parallelism: 8, completionMode: "Indexed" });
    const { spec, metadata } = jobOf({
      cpus: 4,
      gpus: 1,
      memory: 16,
      atOnce: 3,
      kubernetes: { ...kubernetes, namespace: "lab" },
    });
    expect(metadata).toEqual({ name: "rates-1", namespace: "lab" });
    expect(spec.parallelism).toBe(3);
    const limits = { cpu: "4", memory: "16Gi", "nvidia.com/gpu": "1" };
    expect(spec.template.spec.containers[0]?.resources).toEqual({ limits, requests: limits });
  });

  test("would not be one with a field misspelt, or a policy that does not go with another", () => {
    const job = jobOf({});
    const spoilt = (spec: object) => jobSchema.safeParse({ ...job, spec: { ...job.spec, ...spec } }).success;
    expect(spoilt({})).toBe(true);
    expect(spoilt({ completion: 8 })).toBe(false);
    expect(spoilt({ podReplacementPolicy: "TerminatingOrFailed" })).toBe(false);
    expect(spoilt({ podFailurePolicy: { rules: [{ action: "FailIndexes", onPodConditions: [] }] } })).toBe(false);
  });

  test("runs the task of its index in the shared folder, after the file's own lines", () => {
    const place = { ...kubernetes, mount: "/mnt", folder: "/mnt/sweeps" };
    const [container] = jobOf({ preamble: "set -e\n", kubernetes: place }).spec.template.spec.containers;
    expect(container?.workingDir).toBe("/mnt/sweeps");
    expect(container?.volumeMounts[0]?.mountPath).toBe("/mnt");
    expect(container?.command.at(-1)).toBe(`set -e\nexec fgkd sweep 'my rates.yaml' --task "$JOB_COMPLETION_INDEX"`);
  });

  test("tries again what a machine did, and not what the settings did", () => {
    const { podFailurePolicy, backoffLimitPerIndex, template } = jobOf({}).spec;
    expect(backoffLimitPerIndex).toBeGreaterThan(0);
    expect(podFailurePolicy.rules[0]).toMatchObject({
      action: "Ignore",
      onPodConditions: [{ type: "DisruptionTarget" }],
    });
    const final = podFailurePolicy.rules[1];
    expect(final && "onExitCodes" in final && final.onExitCodes.values).toEqual([1, 65, 69, 70, 78]);
    expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(60);
  });

  test("is refused where the file does not say which image and which volume", () => {
    expect(() => kubernetesJob({ ...sending, cluster: {} }, 8)).toThrow("image");
  });
});
