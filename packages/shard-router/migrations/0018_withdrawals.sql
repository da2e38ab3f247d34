-- Taking back an epoch that is active and has not begun.

-- Until when somebody withdraws it: its fences may be shut for writes on some shards. Whoever finds it undecided after this time opens them again.
ALTER TABLE epoch_openings ADD COLUMN withdraw_until DATETIME(3) NULL;
