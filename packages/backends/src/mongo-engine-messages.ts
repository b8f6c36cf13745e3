/** What the engine's process tells the one that started it; `"stop"` is all it is ever told. */
export type EngineMessage =
  | { readonly kind: "ready"; readonly port: number }
  | {
      readonly kind: "failed";
      readonly reason: "no_engine" | "data_in_use" | "start_failed";
      readonly message: string;
    };
