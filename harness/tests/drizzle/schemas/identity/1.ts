import { integer, pgTable } from "drizzle-orm/pg-core";

export const t = pgTable("t", {
  id: integer().generatedAlwaysAsIdentity({
    startWith: 100,
    increment: 5,
    minValue: 10,
    maxValue: 200,
    cache: 3,
    cycle: true,
  }),
});
