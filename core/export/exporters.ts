/** The formats that fgkd writes. */
import type { Exporter } from "./exporter.js";
import { onnx } from "./onnx.js";
import { tfjs } from "./tfjs.js";
import { torch } from "./torch.js";
import { web } from "./web.js";

export const exporters: readonly Exporter[] = [onnx, tfjs, torch, web];
