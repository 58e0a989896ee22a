/** Why a document ends where it does. */
export interface ScanFault {
  message: string;
  /** Offset in the document's UTF-8. */
  at: number;
  code?: "unsupported-media-type";
}
