import { pgSequence } from "drizzle-orm/pg-core";

export const s = pgSequence("s");
