/** A backbone of one's own, of the layers that fgkd has. */
import { definePlugin } from "fgkd";
import { assemble, construct, head, normalisedConvolution } from "fgkd/layers";

export interface ThinNetOptions {
  /** Channels of each level. */
  readonly widths: readonly number[];
}

declare module "fgkd" {
  interface Backbones {
    "thin-net": ThinNetOptions;
  }
}

export const thinNet = definePlugin({
  name: "thin-net",
  defaults: {},
  register({ backbones }) {
    backbones.register("thin-net", {
      defaults: {},
      required: ["widths"],
      create: ({ widths }, { classes, stream }) => {
        const at = construct(stream);
        const levels = widths.map((to, index) => {
          const [name, from] = [`level${index + 1}`, widths[index - 1] ?? 3];
          const names = { convolution: `${name}.0.conv`, norm: `${name}.0.norm` };
          const apply = normalisedConvolution(at, names, { from, to, size: 3, stride: 2, relu: true });
          return { name, blocks: [{ name: `${name}.0`, channels: to, stride: 2, apply }] };
        });
        const channels = widths.at(-1) ?? 3;
        const shape = { channels, classes: classes.length, reduction: 16, hidden: 512, dropout: 0 };
        return assemble(at, { owner: "thin-net", levels, head: head(at, "fc", { kind: "linear", ...shape }) });
      },
    });
  },
});
