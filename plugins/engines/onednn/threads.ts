/** How many threads this process may keep busy. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Reads a file of the system; null where there is none. */
export type ReadFile = (path: string) => string | null;

/**
 * The cores that this process may use: those it may run on, and no more than a container's quota of processor time
 * lasts for. `OMP_NUM_THREADS`, which OpenMP programs share, lowers it.
 */
export function availableThreads(
  cores = availableParallelism(),
  variables: NodeJS.ProcessEnv = process.env,
  read: ReadFile = readText,
): number {
  const asked = Number.parseInt(variables.OMP_NUM_THREADS ?? "", 10);
  const limits = [cores, quota(read), asked].filter((limit) => limit >= 1);
  return Math.max(1, Math.min(...limits));
}

/** Cores' worth of time that Linux' control groups grant; NaN where there is no limit. */
function quota(read: ReadFile): number {
  const [limit, period] = (read("/sys/fs/cgroup/cpu.max") ?? "").trim().split(/\s+/);
  const cores = period === undefined ? oldQuota(read) : Number(limit) / Number(period);
  // A quota of 1.5 cores keeps two threads busy three quarters of the time.
  return cores > 0 ? Math.ceil(cores) : Number.NaN;
}

function oldQuota(read: ReadFile): number {
  const folder = "/sys/fs/cgroup/cpu";
  return Number(read(`${folder}/cpu.cfs_quota_us`) ?? "") / Number(read(`${folder}/cpu.cfs_period_us`) ?? "");
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
