import { pgSequence } from "drizzle-orm/pg-core";

// Numbers beyond what a JavaScript number holds exactly are given as strings.
export const s = pgSequence("s", {
  minValue: "-9223372036854775808",
  maxValue: "9223372036854775807",
  startWith: "9007199254740993",
});
