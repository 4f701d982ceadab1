ALTER SEQUENCE "public"."s" RENAME TO "t";
