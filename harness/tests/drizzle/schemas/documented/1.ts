// The three definitions of the documentation, under names that can stand together.
import { pgSchema, pgSequence } from "drizzle-orm/pg-core";

export const plain = pgSequence("name");

export const custom = pgSequence("custom", {
  startWith: 100,
  maxValue: 10000,
  minValue: 100,
  cycle: true,
  cache: 10,
  increment: 2,
});

export const customSchema = pgSchema("custom_schema");
export const inSchema = customSchema.sequence("name");
