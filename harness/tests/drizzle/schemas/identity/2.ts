import { integer, pgTable } from "drizzle-orm/pg-core";

export const t = pgTable("t", {
  id: integer().generatedAlwaysAsIdentity({ startWith: 50, increment: 2, maxValue: 300 }),
});
