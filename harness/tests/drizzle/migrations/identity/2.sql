ALTER TABLE "t" ALTER COLUMN "id" SET MINVALUE 1;--> statement-breakpoint
ALTER TABLE "t" ALTER COLUMN "id" SET MAXVALUE 300;--> statement-breakpoint
ALTER TABLE "t" ALTER COLUMN "id" SET INCREMENT BY 2;--> statement-breakpoint
ALTER TABLE "t" ALTER COLUMN "id" SET START WITH 50;--> statement-breakpoint
ALTER TABLE "t" ALTER COLUMN "id" SET CACHE 1;--> statement-breakpoint
ALTER TABLE "t" ALTER COLUMN "id" SET NO CYCLE;
