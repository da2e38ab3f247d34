-- Moves of keys by earlier releases made the fence of a generation anew without the numbers that it is for: it stood for all of them. It gets the range that the other fences of the generation have on this shard. One that stands beside another generation of its bucket can't be for all numbers.
UPDATE key_fences AS broken
  JOIN (SELECT bucket FROM key_fences GROUP BY bucket HAVING COUNT(*) > 1) AS several
    ON several.bucket = broken.bucket
  JOIN (SELECT key_generation, MAX(range_from) AS range_from, MIN(range_to) AS range_to
          FROM key_fences GROUP BY key_generation) AS generation
    ON generation.key_generation = broken.key_generation
   SET broken.range_from = generation.range_from, broken.range_to = generation.range_to
 WHERE broken.range_from = 0 AND broken.range_to = 9223372036854775807;
