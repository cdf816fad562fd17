// mlflow.ts
import { definePlugin } from "../../../../core/index.js";

const name = "mlflow";

export interface MlflowOptions {
  /** Where the server listens. Default `MLFLOW_TRACKING_URI`, else http://127.0.0.1:5000. */
  readonly server?: string;
  /** Of an experiment that the server has. Default "0", which every server has. */
  readonly experiment?: string;
}

/** Sends losses, metrics and learning rate of every epoch; each stage is a run of MLflow's. */
export const mlflow = definePlugin<MlflowOptions>({
  name,
  defaults: { server: process.env.MLFLOW_TRACKING_URI ?? "http://127.0.0.1:5000", experiment: "0" },
  apply({ hooks, stage, state, logger }, { server, experiment }) {
    let run = "";
    // A resumed run goes on with the run of MLflow's that it began.
    state.declare(name, {
      save: () => ({ values: run }),
      load: ({ values }) => {
        run = String(values ?? "");
      },
    });
    const call = async (method: string, body: object): Promise<Record<string, unknown>> => {
      const answer = await fetch(`${server}/api/2.0/mlflow/runs/${method}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(10_000),
      });
      if (!answer.ok) throw new Error(`${server} answers ${answer.status}: ${await answer.text()}`);
      return (await answer.json()) as Record<string, unknown>;
    };
    hooks.epoch.tapPromise(name, async ({ epoch, losses, metrics, learningRate }) => {
      const timestamp = Date.now();
      try {
        if (run === "") {
          const made = await call("create", { experiment_id: experiment, run_name: stage, start_time: timestamp });
          run = (made.run as { readonly info: { readonly run_id: string } }).info.run_id;
        }
        const values = { ...losses, ...metrics, learningRate };
        const logged = Object.entries(values).map(([key, value]) => ({ key, value, timestamp, step: epoch + 1 }));
        await call("log-batch", { run_id: run, metrics: logged });
      } catch (error) {
        // No run ends because nobody listens.
        logger.warn(`epoch ${epoch + 1} of "${stage}" is not in MLflow: ${(error as Error).message}`);
      }
    });
  },
});