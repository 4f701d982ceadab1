CREATE SCHEMA "other";
--> statement-breakpoint
ALTER SEQUENCE "public"."s" SET SCHEMA "other";
