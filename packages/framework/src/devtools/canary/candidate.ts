/** A version of a target that is to be used. */
export interface Candidate {
  readonly target: string;
  readonly version: string;
}

/** Where the command says what it does. */
export interface CanaryOutput {
  out(text: string): void;
  err(text: string): void;
}
