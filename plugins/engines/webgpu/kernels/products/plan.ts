/** What a product comes to on a device: its shader, and that which adds up its parts. */
import type { Shader } from "../../shader.js";
import type { Way } from "./choose.js";
import { gridOf } from "./frame.js";
import { partsGrid, partsShader } from "./parts.js";
import type { MatrixUnits } from "./power.js";
import type { Product } from "./product.js";
import { subgroupShader } from "./subgroups.js";
import { threadsShader } from "./threads.js";
import type { Choice } from "./tile.js";

type Grid = readonly [number, number, number];

export interface Plan {
  readonly shader: Shader;
  readonly groups: Grid;
  /** Where the depth is cut: floats that the parts take, and what adds them up. */
  readonly cut?: { readonly size: number; readonly shader: Shader; readonly groups: Grid };
}

/** How a plan's shaders are written. */
export interface Written {
  readonly way: Way;
  readonly units: MatrixUnits | null;
  /** A driver in software takes longer to compile a long text than to run a short one. */
  readonly short: boolean;
}

export function planFor(product: Product, choice: Choice, { way, units, short }: Written): Plan {
  const { rows, columns, batch } = product;
  const { parts } = choice;
  const shader =
    way === "matrices" && units
      ? subgroupShader(product, choice, units)
      : threadsShader(product, choice, { held: way === "f16" ? "f16" : "f32", ...(short && { unrolled: 1 }) });
  const plan = { shader, groups: gridOf(product, choice) };
  if (parts === 1) return plan;
  const summed = { shader: partsShader(product, parts), groups: partsGrid(product, parts) };
  return { ...plan, cut: { size: parts * batch * rows * columns, ...summed } };
}
