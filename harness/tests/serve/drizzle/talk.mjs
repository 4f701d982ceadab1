// Talks to a server as an application does, and prints what it hears. Everything here must sound the same whether
// PostgreSQL or the model answers.

import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { bigint, bigserial, integer, pgSequence, pgTable, text } from "drizzle-orm/pg-core";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.argv[2], max: 3 });
const db = drizzle(pool);

const say = (title, value) => console.log(`${title}: ${JSON.stringify(value)}`);

export const orderNumbers = pgSequence("order_numbers", { startWith: 100, increment: 2, cache: 10 });
const orders = pgTable("orders", {
  id: bigserial({ mode: "number" }).primaryKey(),
  number: bigint({ mode: "number" }).notNull().default(sql`nextval('order_numbers')`),
  customer: text(),
});
const visits = pgTable("visits", {
  id: integer().primaryKey().generatedAlwaysAsIdentity({ startWith: 1000, increment: 5 }),
  page: text(),
});

await db.execute(sql`CREATE SEQUENCE order_numbers START WITH 100 INCREMENT BY 2 CACHE 10`);
await db.execute(sql`CREATE TABLE orders (id bigserial PRIMARY KEY, number bigint NOT NULL DEFAULT nextval('order_numbers'), customer text)`);
await db.execute(sql`CREATE TABLE visits (id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (START WITH 1000 INCREMENT BY 5), page text)`);

// One connection, since each has a cache of its own.
await db.transaction(async (one) => {
  say("insert", await one.insert(orders).values({ customer: "Ann" }).returning());
  say("insert two", await one.insert(orders).values([{ customer: "Bob" }, { customer: null }]).returning());
  say("update", await one.update(orders).set({ customer: "Eve" }).where(eq(orders.id, 2)).returning());
  say("visits", await one.insert(visits).values([{ page: "/" }, { page: "/about" }]).returning());
  const { rows } = await one.execute(sql`SELECT currval('order_numbers') AS last, ${"text"} AS given`);
  say("currval", rows);
});
say("select", await db.select().from(orders).orderBy(orders.id));

try {
  await db.transaction(async (one) => {
    await one.insert(orders).values({ customer: "nobody" });
    one.rollback();
  });
} catch (error) {
  say("rolled back", error.message);
}
const client = await pool.connect();
say("after the rollback", (await client.query({ text: "INSERT INTO orders (customer) VALUES ($1) RETURNING id", values: ["Zoe"], rowMode: "array" })).rows);

// A named prepared statement, run twice.
for (const increment of [1, 2]) {
  const { rows, fields } = await client.query({ name: "set", text: "SELECT setval($1, $2)", values: ["order_numbers", increment * 1000] });
  say("setval", [rows, fields.map((field) => [field.name, field.dataTypeID])]);
}
const { rows } = await client.query("SELECT nextval('order_numbers'); SELECT last_value, is_called FROM order_numbers").then((results) => ({ rows: results.map((result) => result.rows) }));
say("two statements", rows);

client.on("notice", (notice) => say("notice", [notice.severity, notice.code, notice.message]));
const several = await client.query("DROP SEQUENCE IF EXISTS nowhere");
say("tag", [several.command, several.rowCount]);
for (const [text, values] of [
  ["SELECT nextval('nowhere')", undefined],
  ["SELECT nextval($1)", ["nowhere"]],
  ["SELECT setval('order_numbers', $1)", ["0"]],
  ["CREATE SEQUENCE bad INCREMENT 0", []],
  ["INSERT INTO visits (id) VALUES ($1)", [1]],
]) {
  try {
    await client.query(text, values);
  } catch ({ severity, code, message, detail, hint }) {
    say("error", { severity, code, message, detail, hint });
  }
}
client.release();
await pool.end();
