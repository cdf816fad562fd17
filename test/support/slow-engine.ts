/** The source of a plugin with an engine that `auto` passes by, of two devices. */
export const slowEngine = `
import { definePlugin } from "fgkd";
export const slow = definePlugin({
  name: "slow",
  defaults: {},
  register: ({ engines }) =>
    engines.register("slow", {
      defaults: { device: null },
      create: () => ({
        name: "slow",
        priority: 90,
        check: async () => ({ available: true, automatic: false, detail: "a GPU of software" }),
        devices: async () => [{ name: "first", detail: "128 MiB" }, { name: "second", detail: "256 MiB" }],
        start: async () => {},
      }),
    }),
});
`;
