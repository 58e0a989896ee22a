-- Marks rows of the ledger that are about to be copied to MongoDB. A row keeps its mark until it is removed, so that a copy made
-- again after a crash goes to the same place.
--
-- KEYS  1 ledger  2 ledger marks
-- ARGV  1 new mark  2… rows: <minute>:<tenant>
-- Returns per row: mark, accepted, stored, duplicate, dead.
--
-- Why atomic: the counts must be those that the mark stands for, or later ones.

local answer = {}
for i = 2, #ARGV do
  local row = ARGV[i]
  redis.call('HSETNX', KEYS[2], row, ARGV[1])
  local counts = redis.call('HMGET', KEYS[1], row .. ':a', row .. ':s', row .. ':u', row .. ':d')
  answer[#answer + 1] = redis.call('HGET', KEYS[2], row)
  for c = 1, 4 do answer[#answer + 1] = tonumber(counts[c] or 0) end
end
return answer
