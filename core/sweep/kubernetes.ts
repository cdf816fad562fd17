/** A sweep as an Indexed Job of Kubernetes: its manifest. */
import { invalidConfig } from "../values/errors.js";
import { shellWord } from "../values/words.js";
import type { Sending } from "./slurm.js";
import type { KubernetesPlace } from "./sweep-file.js";

/** Exit codes after which the same task would end the same way: refused, broken files, defects, divergence. */
const final = [1, 65, 69, 70, 78];

/** How often a task is tried again that died otherwise. */
const retries = 3;

/** Seconds from SIGTERM to SIGKILL: a step, a checkpoint, and the disk of many. */
const grace = 120;

/**
 * One pod for each task, with `JOB_COMPLETION_INDEX` in its environment. A pod that the cluster takes away is replaced and counts as no
 * failure; one that ends with a code after which nothing would be otherwise fails its task at once.
 *
 * @param tasks how many
 * @returns for `kubectl apply -f`, which reads JSON as it reads YAML
 * @throws FGKD_INVALID_CONFIG where the file does not say which image and which claim
 */
export function kubernetesJob({ name, file, folder, cluster, command }: Sending, tasks: number): object {
  const place = placeIn(cluster.kubernetes, file);
  const { image, claim, mount = folder, namespace } = place;
  const { cpus, gpus, memory, atOnce = tasks, preamble = "" } = cluster;
  const own = place.folder ?? mount;
  const start = `exec ${command} sweep ${shellWord(baseName(file))} --task "$JOB_COMPLETION_INDEX"`;
  const script = preamble.trim() === "" ? start : `${preamble.trim()}\n${start}`;
  const amounts = {
    ...(cpus !== undefined && { cpu: `${cpus}` }),
    ...(memory !== undefined && { memory: `${memory}Gi` }),
    ...(gpus !== undefined && { "nvidia.com/gpu": `${gpus}` }),
  };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: label(name), ...(namespace !== undefined && { namespace }) },
    spec: {
      completionMode: "Indexed",
      completions: tasks,
      parallelism: Math.min(tasks, atOnce),
      backoffLimitPerIndex: retries,
      podReplacementPolicy: "Failed",
      podFailurePolicy: {
        rules: [
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
          { action: "FailIndex", onExitCodes: { containerName: "fgkd", operator: "In", values: final } },
        ],
      },
      template: {
        spec: {
          restartPolicy: "Never",
          terminationGracePeriodSeconds: grace,
          containers: [
            {
              name: "fgkd",
              image,
              workingDir: own,
              command: ["/bin/sh", "-c", script],
              ...(Object.keys(amounts).length > 0 && { resources: { requests: amounts, limits: amounts } }),
              volumeMounts: [{ name: "work", mountPath: mount }],
            },
          ],
          volumes: [{ name: "work", persistentVolumeClaim: { claimName: claim } }],
        },
      },
    },
  };
}

function placeIn(place: KubernetesPlace | undefined, file: string): KubernetesPlace {
  if (place) return place;
  throw invalidConfig(
    file,
    "it does not say which image a pod has, and which volume",
    "Write cluster: { kubernetes: { image: …, claim: … } }.",
  );
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Names of jobs are labels of DNS. */
function label(name: string): string {
  const text = name
    .toLowerCase()
    .replaceAll(/[^a-z\d-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return (text || "sweep").slice(0, 52).replace(/-+$/, "");
}
