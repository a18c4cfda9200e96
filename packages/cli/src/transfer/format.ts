/** One document of a file that is imported, or why it is none; `line` is the one it begins on, from 1. */
export type ImportRow =
  | { readonly line: number; readonly path: string; readonly value: unknown }
  | { readonly line: number; readonly reason: string }

/** One document on its way out. */
export type ExportRow = readonly [path: string, value: unknown]

/** Called for a document that the format cannot hold, or not in full. */
export type ReportLoss = (path: string, reason: string) => void

/** A file format that documents come in and go out by. */
export interface TransferFormat {
  /** As `--format` takes it. */
  readonly name: string
  /** Ends of file names that stand for it, with the dot. */
  readonly extensions: readonly string[]
  /** The documents of a file, read no further than the caller asks. Never throws for what the file holds. */
  read(file: AsyncIterable<Uint8Array>): AsyncIterable<ImportRow>
  /** The text of a file, in pieces. */
  write(documents: AsyncIterable<ExportRow>, reportLoss: ReportLoss): AsyncIterable<string>
}
