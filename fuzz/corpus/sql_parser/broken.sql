SELECT 'open, $tag$ and /* more /* nested */ $1a E'\x' U&'\0061' 1e 0x 1_000 :: <> !=
