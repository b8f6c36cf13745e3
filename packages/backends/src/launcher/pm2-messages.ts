/** What the process that hosts pm2 tells the launcher. */
export type Pm2Message =
  /** A line that a service printed. */
  | { readonly kind: "line"; readonly service: string; readonly text: string }
  /** The services' processes as they are now. */
  | { readonly kind: "processes"; readonly pids: readonly number[] }
  /** A service ended; the code is 0 for one that a signal ended too. */
  | { readonly kind: "ended"; readonly service: string; readonly code: number }
  /** pm2 has started every service, or has given up on them. */
  | { readonly kind: "started"; readonly problem?: string };

/** What the launcher tells it: to end the services in order, or at once. When the launcher is gone it stops by itself. */
export type Pm2Order = "stop" | "kill";
