declare module "../../../../core/index.js" {
  interface Presets {
    "fine-tuning": { readonly stages: "student"; readonly roles: "student" };
    restarts: { readonly stages: `student-${number}`; readonly roles: `student-${number}`; readonly options: { readonly times?: number } };
  }
}
export {};
