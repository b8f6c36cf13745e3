/** A file that `vastify generate` writes. */
export interface GeneratedFile {
  /** Relative to the manifest, with slashes. */
  readonly path: string;
  readonly text: string;
  /** Whether it is a program to be run. */
  readonly isExecutable?: boolean;
}

/** Stands in the first lines of every generated file; one without it is somebody's own and is not overwritten. */
export const generatedMark = "Written by `vastify generate`";
const firstLine = `${generatedMark} from vastify.config: change that, not this.`;

/** The lines that begin a file, as comments. */
export function header(sign: "//" | "#", ...lines: readonly string[]): string {
  return [firstLine, ...lines].map((line) => `${sign} ${line}`.trimEnd()).join("\n");
}
