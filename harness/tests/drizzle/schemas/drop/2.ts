import { pgSequence } from "drizzle-orm/pg-core";

export const t = pgSequence("t");
