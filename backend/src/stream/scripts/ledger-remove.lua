-- Removes rows of the ledger whose copies are durable in MongoDB.
--
-- KEYS  1 ledger  2 ledger marks
-- ARGV  per row: <minute>:<tenant>, mark, accepted, stored, duplicate, dead (as copied)
-- Returns how many rows it removed.
--
-- Why atomic, and why it compares: a row that has changed since it was copied stays, with its mark, and is copied again over
-- the first copy. A row that comes back later gets a mark of its own, and its counts add to those copied before.

local removed = 0
for i = 1, #ARGV, 6 do
  local row, mark = ARGV[i], ARGV[i + 1]
  if redis.call('HGET', KEYS[2], row) == mark then
    local fields = { row .. ':a', row .. ':s', row .. ':u', row .. ':d' }
    local counts = redis.call('HMGET', KEYS[1], unpack(fields))
    local same = true
    for c = 1, 4 do
      if tonumber(counts[c] or 0) ~= tonumber(ARGV[i + 1 + c]) then same = false end
    end
    if same then
      redis.call('HDEL', KEYS[1], unpack(fields))
      redis.call('HDEL', KEYS[2], row)
      removed = removed + 1
    end
  end
end
return removed
