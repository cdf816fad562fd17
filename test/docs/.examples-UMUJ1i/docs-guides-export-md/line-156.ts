import { exportModel } from "../../../../core/index.js";

const { place, parity } = await exportModel("runs/dadkd-1", { to: "onnx", out: "birds.onnx" });
process.stdout.write(`${place} differs by ${parity?.difference}\n`);