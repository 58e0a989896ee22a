import { expect, test } from "vitest";
import { holeOf } from "./known-holes.js";

test.each(["3.6.23", "4.2.24", "4.4.29", "5.0.31", "6.0.5", "6.0.26", "6.3.2", "7.0.27", "7.3.4", "8.0.16", "8.1.0", "8.2.2"])(
  "MongoDB %s is warned of",
  (version) => {
    expect(holeOf(version, true)).toMatch(
      new RegExp(`^MongoDB ${version} lets anyone .* \\(CVE-2025-14847\\): .* disabled now, and move to`),
    );
    expect(holeOf(version, false)).toMatch(/closed while zlib stays disabled; move to \d+\.\d+\.\d+ or later$/);
  },
);

test.each(["4.4.30", "5.0.32", "6.0.27", "7.0.28", "7.0.32-rc1", "8.0.17", "8.2.3", "8.2.6", "8.3.0", "9.0.0"])(
  "MongoDB %s is not",
  (version) => {
    expect(holeOf(version, true)).toBeUndefined();
  },
);
