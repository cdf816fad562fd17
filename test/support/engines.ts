/** The engines that tests run on: two that need nothing but npm, and the native one where it is built. */
import { startCpu } from "../../plugins/engines/cpu.js";
import { checkOnednn, startOnednn } from "../../plugins/engines/onednn/index.js";
import { startWasm } from "../../plugins/engines/wasm/index.js";
import { isHere } from "./required.js";

export type EngineName = "cpu" | "wasm" | "onednn";

const { available, detail, remedy = "" } = checkOnednn();

/** Whether the native engine is built. Where `CI` is `true` it must be, and what imports this fails otherwise. */
export const hasOnednn: boolean = isHere("the native engine", available ? null : `${detail}. ${remedy}`);

/** `FGKD_TEST_ENGINES=onednn,wasm` names those that are wanted, whether they can run here or not. */
const wanted = process.env.FGKD_TEST_ENGINES?.split(",") as EngineName[] | undefined;

export const engineNames: readonly EngineName[] = wanted ?? (hasOnednn ? ["cpu", "wasm", "onednn"] : ["cpu", "wasm"]);

/** Makes an engine the active one of this process. */
export async function startEngine(name: EngineName): Promise<void> {
  if (name === "wasm") return startWasm();
  if (name === "onednn") return startOnednn();
  return startCpu();
}
