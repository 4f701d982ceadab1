// Lets drizzle-kit write the migrations for all schemas, version after version, and says what the schemas state.
//
//   npm ci --ignore-scripts && node generate.mjs          pins them here, and rewrites the traces without expectations
//   node generate.mjs --out FOLDER                        writes them elsewhere, to be compared
//
// Afterwards: seqcheck replay --bless corpus/drizzle/*.trace

import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transformSync } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const given = process.argv.indexOf("--out");
const out = given < 0 ? path.join(here, "migrations") : path.resolve(process.argv[given + 1]);
const traces = given < 0 ? path.join(here, "../../../corpus/drizzle") : path.join(out, "traces");
const work = fs.mkdtempSync(path.join(os.tmpdir(), "seqcheck-drizzle-"));

/** Runs drizzle-kit. It asks on a terminal whether what is new was renamed; every case here means that it was. */
function generate(folder, name) {
  const command = `node_modules/.bin/drizzle-kit generate --dialect postgresql --schema ${folder}/schema.ts --out ${folder}/out --name ${name}`;
  return new Promise((resolve, reject) => {
    const child = spawn("script", ["-qec", command, "/dev/null"], { cwd: work });
    let said = "";
    let answered = 0;
    const limit = setTimeout(() => child.kill("SIGKILL"), 120_000);
    child.stdout.on("data", (data) => {
      said += data;
      const asked = new Set([...said.matchAll(/Is .*? created or renamed/g)].map((match) => match[0])).size;
      while (answered < asked) {
        answered += 1;
        child.stdin.write("\x1b[B");
        setTimeout(() => child.stdin.write("\r"), 200);
      }
    });
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(limit);
      code === 0 ? resolve() : reject(new Error(`drizzle-kit failed for ${folder}:\n${said}`));
    });
  });
}

/** What a schema states of its sequences, with PostgreSQL's defaults (manual, CREATE SEQUENCE) for what it leaves out. */
async function stated(file) {
  const script = path.join(work, `${path.basename(path.dirname(file))}-${path.basename(file)}.mjs`);
  fs.writeFileSync(script, transformSync(fs.readFileSync(file, "utf8"), { loader: "ts" }).code);
  const { isPgSequence, PgTable, getTableConfig } = await import(
    pathToFileURL(path.join(work, "node_modules/drizzle-orm/pg-core/index.js"))
  );
  const { is } = await import(pathToFileURL(path.join(work, "node_modules/drizzle-orm/index.js")));
  const sequences = [];
  for (const one of Object.values(await import(pathToFileURL(script)))) {
    if (isPgSequence(one)) {
      const name = `${one.schema ?? "public"}.${one.seqName}`;
      const call = `SELECT nextval('"${one.schema ?? "public"}"."${one.seqName}"')`;
      sequences.push({ sequence: name, ...filled(one.seqOptions ?? {}, "bigint"), call });
    } else if (is(one, PgTable)) {
      const table = getTableConfig(one);
      for (const column of table.columns) {
        const type = column.getSQLType();
        const call = `INSERT INTO "${table.name}" DEFAULT VALUES RETURNING "${column.name}"`;
        const identity = column.generatedIdentity;
        if (identity) {
          const name = identity.sequenceName ?? `${table.name}_${column.name}_seq`;
          sequences.push({ sequence: `public.${name}`, ...filled(identity.sequenceOptions ?? {}, type), call });
        } else if (type === "serial") {
          const name = `${table.name}_${column.name}_seq`;
          sequences.push({ sequence: `public.${name}`, ...filled({}, "integer"), call });
        }
      }
    }
  }
  return sequences.sort((one, other) => (one.sequence < other.sequence ? -1 : 1));
}

function filled(options, type) {
  const increment = BigInt(options.increment ?? 1);
  const [lowest, highest] = {
    smallint: ["-32768", "32767"],
    integer: ["-2147483648", "2147483647"],
    bigint: ["-9223372036854775808", "9223372036854775807"],
  }[type];
  const min = String(options.minValue ?? (increment > 0n ? 1 : lowest));
  const max = String(options.maxValue ?? (increment > 0n ? highest : -1));
  const start = String(options.startWith ?? (increment > 0n ? min : max));
  const cycle = options.cycle ? "t" : "f";
  return { start, min, max, increment: String(increment), cycle, cache: String(options.cache ?? 1) };
}

/** A trace that runs the migrations, as drizzle-orm does, and calls the sequences before, between and after. */
function trace(name, versions) {
  const lines = [
    `# What drizzle-kit writes for tests/drizzle/schemas/${name}.`,
    "# clause: nextval.advances view.pg-sequences",
    "",
  ];
  const call = (sequences, sessions) => {
    for (const { call } of sequences) {
      lines.push(...sessions.map((session) => `${session}: ${call}`));
    }
  };
  call(versions[0].sequences, ["S1"]);
  versions.forEach(({ sql, sequences }, index) => {
    lines.push("", `# ${index + 1}.ts`);
    if (sql) {
      const statements = sql.split("--> statement-breakpoint").map((one) => one.trim().replace(/\s+/g, " "));
      lines.push(...["BEGIN", ...statements, "COMMIT"].map((one) => `S1: ${one.replace(/;$/, "")}`));
    }
    lines.push(
      "S1: SELECT schemaname, sequencename, start_value, min_value, max_value, increment_by, cycle, cache_size FROM pg_sequences ORDER BY schemaname, sequencename",
    );
    call(sequences, ["S1", "S2", "S1"]);
  });
  return lines.join("\n") + "\n";
}

try {
  fs.symlinkSync(path.join(here, "node_modules"), path.join(work, "node_modules"));
  fs.mkdirSync(traces, { recursive: true });
  for (const name of fs.readdirSync(path.join(here, "schemas")).sort()) {
    const schemas = path.join(here, "schemas", name);
    const folder = path.join(out, name);
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
    fs.mkdirSync(path.join(work, name));
    const versions = [];
    for (const file of fs.readdirSync(schemas).sort()) {
      const number = path.basename(file, ".ts");
      fs.copyFileSync(path.join(schemas, file), path.join(work, name, "schema.ts"));
      await generate(name, number);
      const migrations = path.join(work, name, "out");
      const written = fs.existsSync(migrations)
        ? fs.readdirSync(migrations).find((one) => one.endsWith(`_${number}.sql`))
        : undefined;
      // Where drizzle-kit sees no change, it writes nothing.
      const sql = written ? fs.readFileSync(path.join(migrations, written), "utf8").trimEnd() + "\n" : "";
      const sequences = await stated(path.join(schemas, file));
      fs.writeFileSync(path.join(folder, `${number}.sql`), sql);
      fs.writeFileSync(path.join(folder, `${number}.json`), JSON.stringify(sequences, null, 2) + "\n");
      versions.push({ sql, sequences });
    }
    fs.writeFileSync(path.join(traces, `${name}.trace`), trace(name, versions));
    console.log(name);
  }
} finally {
  fs.rmSync(work, { recursive: true, force: true });
}
