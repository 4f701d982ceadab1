import { pgSchema } from "drizzle-orm/pg-core";

export const other = pgSchema("other");
export const s = other.sequence("s", { cache: 3 });
