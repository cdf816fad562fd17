/**
 * The part of the schema of `batch/v1` Job that fgkd writes, strict where the API server is lenient, so that a misspelt field is noticed.
 * Fields and bounds as the API reference of Kubernetes 1.33 has them (where `backoffLimitPerIndex` and `podFailurePolicy` are stable).
 */
import { z } from "zod";

const label = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
  .max(63);
const count = z.number().int().nonnegative();
const quantity = z.string().regex(/^\d+(\.\d+)?([EPTGMk]i?|m)?$/);
const amounts = z.record(z.string(), quantity);

const container = z.strictObject({
  name: label,
  image: z.string().min(1),
  workingDir: z.string().startsWith("/"),
  command: z.array(z.string()).min(1),
  resources: z.strictObject({ limits: amounts, requests: amounts }).optional(),
  volumeMounts: z.array(z.strictObject({ name: label, mountPath: z.string().startsWith("/") })),
});

const conditions = z.array(z.strictObject({ type: z.string(), status: z.enum(["True", "False", "Unknown"]) }));
const isSorted = (values: readonly number[]) => values.every((value, at) => at === 0 || value > (values[at - 1] ?? 0));
const exitCodes = z.strictObject({
  containerName: label,
  operator: z.enum(["In", "NotIn"]),
  values: z.array(z.number().int().min(1).max(255)).min(1).refine(isSorted, "must be ordered, without duplicates"),
});
const action = z.enum(["FailJob", "FailIndex", "Ignore", "Count"]);
/** Either of them, not both. */
const rule = z.union([
  z.strictObject({ action, onPodConditions: conditions }),
  z.strictObject({ action, onExitCodes: exitCodes }),
]);

export const jobSchema = z.strictObject({
  apiVersion: z.literal("batch/v1"),
  kind: z.literal("Job"),
  metadata: z.strictObject({ name: label, namespace: label.optional() }),
  spec: z.strictObject({
    completionMode: z.enum(["Indexed", "NonIndexed"]),
    completions: count.max(100_000),
    parallelism: count.max(100_000),
    backoffLimitPerIndex: count,
    // With a podFailurePolicy the other value is refused.
    podReplacementPolicy: z.literal("Failed"),
    podFailurePolicy: z.strictObject({ rules: z.array(rule).max(20) }),
    template: z.strictObject({
      spec: z.strictObject({
        // So is OnFailure.
        restartPolicy: z.literal("Never"),
        terminationGracePeriodSeconds: count,
        containers: z.array(container).min(1),
        volumes: z.array(
          z.strictObject({ name: label, persistentVolumeClaim: z.strictObject({ claimName: z.string() }) }),
        ),
      }),
    }),
  }),
});
