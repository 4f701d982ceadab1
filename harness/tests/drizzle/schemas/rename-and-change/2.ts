import { pgSequence } from "drizzle-orm/pg-core";

export const s = pgSequence("t", { increment: 5 });
